/**
 * The protobuf side of a definition: which field number holds which JSON field.
 *
 * Where upstream embeds a message that JSON inlines (volumeSource, handler, localObjectReference …), the field's path has
 * more than one number; such a number stands for a Nested layout whose fields belong to the same JSON object.
 */
import { shapeOf, type FieldShape } from '../../api/schema/definitions.ts'

export type Slot = { readonly field: FieldShape } | { readonly nested: Layout }
export type Layout = ReadonlyMap<number, Slot>

const layouts = new Map<string, Layout>()

export function layoutOf(definition: string): Layout {
  let layout = layouts.get(definition)
  if (layout === undefined) {
    layout = build(definition)
    layouts.set(definition, layout)
  }
  return layout
}

function build(definition: string): Layout {
  const root = new Map<number, Slot>()
  for (const field of shapeOf(definition).fields.values()) {
    const path = field.field.proto
    if (path === undefined) continue
    let level = root
    for (const number of path.slice(0, -1)) {
      const slot = level.get(number)
      if (slot === undefined || !('nested' in slot)) {
        const nested = new Map<number, Slot>()
        level.set(number, { nested })
        level = nested
      } else {
        level = slot.nested as Map<number, Slot>
      }
    }
    level.set(path.at(-1)!, { field })
  }
  return root
}
