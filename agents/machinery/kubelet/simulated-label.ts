/** Every simulated node bears this label, whatever else it is labelled with: no machine, no network and no process stands behind it. */
export const simulatedLabel = { name: 'kubarium.dev/provider', value: 'simulated' } as const

export function isSimulated(node: { readonly metadata: { readonly labels?: Readonly<Record<string, string>> } }): boolean {
  return node.metadata.labels?.[simulatedLabel.name] === simulatedLabel.value
}
