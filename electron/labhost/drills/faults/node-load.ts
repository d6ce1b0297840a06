/**
 * What faults that use up a node share: programs that run in a session of their own, whose id lies in a file, so that they
 * can be ended by whoever knows the fault's id. The file is in memory: a machine that starts again has neither.
 */
import type { FaultWorld } from '../fault.ts'

const folder = '/run/kubarium/faults'

/** A process that has ended may still be listed until its parent has looked; it does not count. */
const endScript = '[ -s "$1" ] || exit 0; session=$(cat "$1"); for try in 1 2 3 4 5; do pgrep -r D,R,S,T -s "$session" >/dev/null || { rm -f "$1"; exit 0; }; pkill -KILL -s "$session"; sleep 0.2; done; exit 1'

/** A shell script as a session; its $1 and so on are the words. */
export async function startLoad(world: FaultWorld, node: string, id: string, script: string, words: readonly string[]): Promise<void> {
  await world.run(node, ['sh', '-c', `mkdir -p ${folder}; script=$1; pidfile=$2; shift 2; setsid sh -c 'echo $$ >"$1"; shift; eval "$0"' "$script" "$pidfile" "$@" </dev/null >/dev/null 2>&1 & for try in 1 2 3 4 5 6 7 8 9 10; do [ -s "$pidfile" ] && exit 0; sleep 0.2; done; exit 1`, 'sh', script, fileOf(id), ...words])
}

export async function endLoad(world: FaultWorld, node: string, id: string): Promise<void> {
  await world.run(node, ['sh', '-c', endScript, 'sh', fileOf(id)])
}

function fileOf(id: string): string {
  return `${folder}/${id}.session`
}
