/**
 * Layers of a packet as a tree. Pure.
 *
 *   LT1  A tunnel's layer holds what it carries; all others stand beside one another.
 */
export interface Layer {
  readonly name: string
  readonly text: string
}

export interface Branch {
  readonly layers: readonly (Layer & { readonly inside: Branch | null })[]
}

const tunnels = new Set(['vxlan', 'geneve', 'ipip'])

export function layerTree(layers: readonly Layer[]): Branch {
  const at = layers.findIndex(({ name }) => tunnels.has(name))
  if (at < 0) return { layers: layers.map(layer => ({ ...layer, inside: null })) }
  return { layers: [...layers.slice(0, at).map(layer => ({ ...layer, inside: null })), { ...layers[at]!, inside: layerTree(layers.slice(at + 1)) }] }
}
