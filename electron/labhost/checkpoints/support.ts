import { type SupportRow, absent, partial, same } from '../../../agents/base/support-row.ts'

const area = 'Checkpoints'

export const support: readonly SupportRow[] = [
  ...same(area, 'save, list, rewind, branch, verify, delete, export and import of labs with virtual machines (QEMU) and simulated nodes', 'a golden checkpoint that new labs of the same topology start from'),
  partial(area, 'a golden checkpoint made by itself (Lab file: `golden: true`)', 'When a fresh lab with machines has been quiet for ten seconds and holds nothing of its user; it gives way to whatever is asked. The two newest are kept.'),
  partial(area, 'active faults', 'Those that a rewind finds in the moment of the save are in effect again with the time that was left; those whose injection or healing was under way then are healed.'),
  partial(area, 'resourceVersions after a rewind', 'They go on beyond every one that was ever given out; a watch from before gets 410 Gone and lists again (as after `etcdutl snapshot restore --bump-revision --mark-compacted`).'),
  absent(area, 'labs with namespace machines', 'Their processes are the desktop kernel\'s, and their memory cannot be kept; use virtual machines (provider qemu) or simulated nodes.'),
  absent(area, 'machines that are switched off', 'Refused by name: only what runs can be saved; start the node first.'),
  absent(area, 'stores of several members', 'Only the embedded etcd is saved.'),
]
