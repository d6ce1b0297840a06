/**
 * A heap snapshot of V8 (the format of the developer tools), summed up: what the page holds itself, and what the engine has compiled of
 * its code. The second grows for as long as functions that were never hot before become so, and is the engine's to give back.
 */
export interface HeapSums {
  /** Objects, arrays, texts, closures, numbers. */
  readonly heldBytes: number
  readonly objects: number
  /** Machine code, bytecode and what the engine learnt about types. */
  readonly codeBytes: number
}

const held: readonly string[] = ['object', 'array', 'string', 'concatenated string', 'sliced string', 'closure', 'regexp', 'number', 'symbol', 'bigint']
const compiled: readonly string[] = ['code', 'object shape']

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: readonly string[]; readonly node_types: readonly [readonly string[], ...unknown[]] } }
  /** One row of `node_fields` after the other. */
  readonly nodes: readonly number[]
}

export function sumSnapshot(text: string): HeapSums {
  const { snapshot: { meta }, nodes } = JSON.parse(text) as Snapshot
  const [type, size, width] = [meta.node_fields.indexOf('type'), meta.node_fields.indexOf('self_size'), meta.node_fields.length]
  const types = meta.node_types[0]
  const sums = { heldBytes: 0, objects: 0, codeBytes: 0 }
  for (let at = 0; at < nodes.length; at += width) {
    const [name, bytes] = [types[nodes[at + type]!]!, nodes[at + size]!]
    if (held.includes(name)) {
      sums.heldBytes += bytes
      sums.objects += 1
    } else if (compiled.includes(name)) sums.codeBytes += bytes
  }
  return sums
}
