/**
 * Since when uses of tokens kept in Secrets are noted: the ConfigMap that the controller which cleans them up goes by.
 * Upstream: pkg/controlplane/controller/legacytokentracking.
 *
 *   LK1  "since" is the day it was first made; a day that cannot be read, or lies ahead, becomes today.
 */
import { timeText } from '../../../base/clock.ts'
import { textAt } from '../registry/kube-object.ts'
import type { WantedObject } from './ensure-objects.ts'

export function wantedTokenTracking(nowMs: number): WantedObject {
  const today = timeText(nowMs).slice(0, 10)
  return {
    group: '',
    resource: 'configmaps',
    namespace: 'kube-system',
    object: { metadata: { name: 'kube-apiserver-legacy-service-account-token-tracking' }, data: { since: today } },
    mend: existing => {
      const since = textAt(existing, 'data', 'since')
      return /^\d{4}-\d\d-\d\d$/.test(since) && since <= today ? undefined : { ...existing, data: { since: today } } // LK1
    },
  }
}
