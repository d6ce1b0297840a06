/** Rows of docs/support.md about streams to nodes, pods and services. */
import { partial, same } from '../../../base/support-row.ts'
import type { SupportRow } from '../../../base/support-row.ts'

export const support: readonly SupportRow[] = [
  ...same('Streaming', 'logs with all options', 'exec and attach over WebSocket (v5 and older) and SPDY/3.1', 'port-forward over SPDY/3.1, SPDY inside WebSocket, and the old WebSocket dialect', 'egress selector (HTTP CONNECT)'),
  partial('Streaming', 'proxy verbs of nodes, pods and services', 'every method, upgrades, redirects rewritten and not followed; links inside HTML pages are not rewritten'),
]
