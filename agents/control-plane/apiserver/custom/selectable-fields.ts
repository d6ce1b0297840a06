/** The fields of a version by which lists and watches select, with how to read them; an absent one reads as "". */
import type { CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import { getOwn } from '../../../api/schema/clone.ts'

export interface FieldReader {
  /** As selectors name it: spec.color. */
  readonly path: string
  readonly read: (object: object) => string
}

export function fieldReaders({ selectableFields = [] }: CustomResourceDefinitionVersion): readonly FieldReader[] {
  return selectableFields.map(({ jsonPath }) => {
    const path = jsonPath.replace(/^\./, '')
    const steps = path.split('.')
    return { path, read: object => textOf(steps.reduce<unknown>((value, step) => getOwn(value, step), object)) }
  })
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
}
