/**
 * Secret.
 *
 *   SE1  stringData is merged into data on write and never stored.
 *   SE2  The type is Opaque unless given, never changes, and asks for its keys.
 *   SE3  Data holds at most 1 MiB; once immutable is true it does not change.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, required, tooLong, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { secrets } from '../../resources.ts'
import { base64Length, decodeBase64, encodeBase64 } from '../../schema/base64.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isConfigMapKey } from '../../validation/names.ts'
import type { Secret } from './types.ts'

const maxBytes = 1024 * 1024

export const secret = defineKind<Secret>(secrets, {
  printer: 'printSecret',
  setDefaults(object) {
    object.type ??= 'Opaque'
    if (object.stringData === undefined) return
    const encoder = new TextEncoder()
    object.data = { ...object.data }
    for (const [key, value] of Object.entries(object.stringData)) object.data[key] = encodeBase64(encoder.encode(value)) // SE1
    delete object.stringData
  },
  validate: object => validateSecret(object),
  validateUpdate(object, old) {
    const errors: FieldError[] = object.type === old.type ? [] : [invalid('type', object.type, 'field is immutable')]
    if (old.immutable === true) {
      if (object.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'))
      if (!semanticallyEqual(object.data, old.data)) errors.push(forbidden('data', 'field is immutable when `immutable` is set'))
    }
    return errors
  },
  selectableFields: { type: object => object.type ?? '' },
  cells: ({ metadata, type, data }, now) => [metadata.name, type ?? '', Object.keys(data ?? {}).length, ageCell(metadata.creationTimestamp, now)],
})

function validateSecret({ metadata, type, data = {} }: Secret): FieldError[] {
  const errors = Object.keys(data).flatMap(key => isConfigMapKey(key).map(text => invalid(`data[${key}]`, key, text)))
  const size = Object.values(data).reduce((sum, value) => sum + base64Length(value), 0)
  if (size > maxBytes) errors.push(tooLong('data', maxBytes))
  const needs = (key: string) => { if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`)) }
  switch (type) {
    case 'kubernetes.io/service-account-token':
      if ((metadata.annotations?.['kubernetes.io/service-account.name'] ?? '') === '') errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
      break
    case 'kubernetes.io/dockercfg':
    case 'kubernetes.io/dockerconfigjson': {
      const key = type === 'kubernetes.io/dockercfg' ? '.dockercfg' : '.dockerconfigjson'
      needs(key)
      if (Object.hasOwn(data, key) && !isJson(data[key]!)) errors.push(invalid(`data[${key}]`, '<secret contents redacted>', 'invalid character'))
      break
    }
    case 'kubernetes.io/basic-auth':
      if (!Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) errors.push(required('data[username]'), required('data[password]'))
      break
    case 'kubernetes.io/ssh-auth':
      needs('ssh-privatekey')
      break
    case 'kubernetes.io/tls':
      needs('tls.crt')
      needs('tls.key')
      break
    default:
  }
  return errors
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(new TextDecoder().decode(decodeBase64(base64)))
    return true
  } catch {
    return false
  }
}
