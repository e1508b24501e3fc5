/** "interfacegan", "projected", "ganspace", "sefa", "constant", "ode-1", "ode-2", …, or that of a method from outside. */
export type MethodId = string;
