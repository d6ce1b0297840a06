/**
 * ConfigMap.
 *
 *   CM1  Keys are file names; data and binaryData share no key; together they hold at most 1 MiB.
 *   CM2  Once immutable is true, neither it nor the data change.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, tooLong, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { configMaps } from '../../resources.ts'
import { base64Length } from '../../schema/base64.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isConfigMapKey } from '../../validation/names.ts'
import type { ConfigMap } from './types.ts'

const maxBytes = 1024 * 1024

export const configMap = defineKind<ConfigMap>(configMaps, {
  printer: 'printConfigMap',
  validate: object => validateData(object),
  validateUpdate(object, old) {
    if (old.immutable !== true) return []
    const errors: FieldError[] = []
    if (object.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'))
    if (!semanticallyEqual(object.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'))
    if (!semanticallyEqual(object.binaryData, old.binaryData)) errors.push(forbidden('binaryData', 'field is immutable when `immutable` is set'))
    return errors // CM2
  },
  cells: ({ metadata, data, binaryData }, now) => [metadata.name, Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length, ageCell(metadata.creationTimestamp, now)],
})

function validateData({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...isConfigMapKey(key).map(text => invalid(`data[${key}]`, key, text)))
    if (Object.hasOwn(binaryData, key)) errors.push(invalid(`data[${key}]`, key, `duplicate of key present in binaryData`))
    size += value.length
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...isConfigMapKey(key).map(text => invalid(`binaryData[${key}]`, key, text)))
    size += base64Length(value)
  }
  if (size > maxBytes) errors.push(tooLong('', maxBytes))
  return errors
}
