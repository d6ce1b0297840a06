import { absent, partial, same } from '../../../base/support-row.ts'

export const support = [
  ...same('Encryption at rest', 'identity, aescbc, aesgcm and secretbox, in upstream\'s formats', 'several keys and providers, rotation', 'resources by name, group and wildcard', 'automatic reload'),
  ...same('Encryption at rest', 'a value that cannot be decrypted or decoded fails its key, the lists it would be in and watches of its resource, and nothing else; informer-sync of readyz tells of resources the server itself needs', 'ignoreStoreReadErrorWithClusterBreakingPotential deletes it, for who may unsafe-delete-ignore-read-errors, where the feature gate AllowUnsafeMalformedObjectDeletion is on (as upstream, it is off unless asked for)'),
  partial('Encryption at rest', 'texts of AllowUnsafeMalformedObjectDeletion', 'a list tells of the first value that cannot be read, as with the gate off; the delete option works'),
  absent('Encryption at rest', 'KMS v1 and v2', 'refused by name'),
]
