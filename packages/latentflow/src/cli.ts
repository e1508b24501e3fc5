#!/usr/bin/env node
// The whole command: it says what is wrong even where one of its own modules can't be loaded.
import "@latentflow/experiments/cli";
