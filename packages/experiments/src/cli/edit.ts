import { Command } from "commander";
export function editCommand(): Command {
  return new Command("edit");
}
