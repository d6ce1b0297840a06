/** What a fault may hold so that no other can (FA3), in words a user reads. */
export function runStateOf(component: string): string {
  return `the run state of ${component}`
}

export function powerOf(node: string): string {
  return `the power of ${node}`
}

export function clockOf(node: string): string {
  return `the clock of ${node}`
}

export function fieldOf(resource: string, target: { readonly namespace: string; readonly name: string }, field: string): string {
  return `${field} of ${resource} ${target.namespace}/${target.name}`
}
