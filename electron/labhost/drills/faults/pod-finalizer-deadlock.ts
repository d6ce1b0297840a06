/** A pod that cannot go, because nobody finishes what it waits for. */
import { podPath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

const finalizer = 'kubarium.dev/fault'

export const podFinalizerDeadlock = fieldFault({
  kind: {
    name: 'pod-finalizer-deadlock', title: 'A finalizer that nobody removes', group: 'cluster', resource: 'pods', parameters: [],
    effect: 'The pod gets a finalizer that no controller knows.',
    evidence: 'When it is deleted it stays Terminating for ever; a StatefulSet or drain that waits for it stands still.',
  },
  field: 'the finalizers',
  path: podPath,
  read: (pod: { readonly metadata?: { readonly finalizers?: readonly string[] } }) => pod.metadata?.finalizers,
  patch: finalizers => ({ metadata: { finalizers } }),
  wrong: before => [...((before ?? []) as readonly string[]), finalizer],
})
