import { absent, partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Encryption at rest', 'identity, aescbc, aesgcm and secretbox, in upstream\'s formats', 'several keys and providers, rotation', 'resources by name, group and wildcard', 'automatic reload'),
  partial('Encryption at rest', 'a value that cannot be decrypted', 'stops the whole server from getting ready, by the name of its key; upstream fails its resource'),
  absent('Encryption at rest', 'KMS v1 and v2', 'refused by name'),
]
