/** The flags of etcd that mean something to one embedded member, and those it accepts because manifests carry them. */
import { defineFlags } from '../../../runtime/flags.ts'

const ignored = (help: string) => ({ type: 'string', ignored: true, help }) as const

export const etcdFlags = defineFlags({
  name: { type: 'string', default: 'default', help: 'Name of this member.' },
  'data-dir': { type: 'string', required: true, help: 'Folder of the database; made if missing, readable by its owner only.' },
  'listen-client-urls': { type: 'strings', default: ['http://127.0.0.1:2379'], help: 'Where clients are served, http or https.' },
  'advertise-client-urls': { type: 'strings', help: 'What MemberList tells clients; by default the listening URLs.' },
  'listen-metrics-urls': { type: 'strings', default: [], help: 'Where /health, /metrics and /debug/inspect are served, http; loopback only.' },
  'cert-file': { type: 'string', help: 'Server certificate (PEM).' },
  'key-file': { type: 'string', help: 'Its private key (PEM).' },
  'trusted-ca-file': { type: 'string', help: 'CA that client certificates must come from (PEM).' },
  'client-cert-auth': { type: 'boolean', default: false, help: 'Refuse clients without a certificate of the trusted CA.' },
  'quota-backend-bytes': { type: 'number', default: 0, help: 'Size at which the NOSPACE alarm rises; 0 means 2 GiB.' },
  'auto-compaction-mode': { type: 'string', default: 'periodic', help: 'periodic or revision.' },
  'auto-compaction-retention': { type: 'string', default: '0', help: 'How much history to keep: a duration or hours, or revisions; 0 keeps all.' },
  'max-txn-ops': { type: 'number', default: 128, help: 'Operations allowed in one transaction.' },
  'experimental-watch-progress-notify-interval': { type: 'duration', default: 600_000, help: 'How often quiet watches that asked for it are told the revision.' },
  'watch-progress-notify-interval': { type: 'duration', help: 'The same under its newer name.' },
  'snapshot-count': ignored('There is no raft log to cut.'),
  'heartbeat-interval': ignored('There is one member.'),
  'election-timeout': ignored('There is one member.'),
  'initial-advertise-peer-urls': ignored('There are no peers.'),
  'listen-peer-urls': ignored('There are no peers.'),
  'initial-cluster': ignored('There is one member.'),
  'initial-cluster-state': ignored('There is one member.'),
  'initial-cluster-token': ignored('There is one member.'),
  'peer-cert-file': ignored('There are no peers.'),
  'peer-key-file': ignored('There are no peers.'),
  'peer-trusted-ca-file': ignored('There are no peers.'),
  'peer-client-cert-auth': { type: 'boolean', ignored: true, help: 'There are no peers.' },
  logger: ignored('Logs are always JSON.'),
  'log-level': ignored('See --v.'),
  'log-outputs': ignored('Logs go to stderr.'),
  'experimental-initial-corrupt-check': { type: 'boolean', ignored: true, help: 'SQLite checks what it reads.' },
})
