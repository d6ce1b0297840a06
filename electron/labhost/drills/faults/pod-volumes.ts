/** What faults of the volumes of a pod share: the file systems that CSI drivers have mounted for it on its node. */
import type { FaultParameter } from '../../../contract/faults.ts'
import { FaultError } from '../fault-error.ts'
import type { Fault, FaultOrder, FaultWorld, TargetOf } from '../fault.ts'
import { podPath } from '../object-paths.ts'

export interface PodVolumes {
  readonly node: string
  /** Devices and where they are mounted for this pod. */
  readonly volumes: readonly { readonly device: string; readonly path: string }[]
}

export async function podVolumes(world: FaultWorld, target: TargetOf<'object'>): Promise<PodVolumes> {
  const { metadata, spec } = (await world.api.get(podPath(target))) as { readonly metadata: { readonly uid: string }; readonly spec: { readonly nodeName?: string } }
  const node = world.nodes.find(({ name }) => name === spec.nodeName)
  if (node === undefined || node.provider === 'simulated') throw new FaultError('conflict', `pod ${target.namespace}/${target.name} is on no machine`)
  const listed = await world.run(node.name, ['cat', '/proc/mounts'])
  const volumes = listed.split('\n').map(line => line.split(' ')).filter(([, path = '']) => path.includes(`/pods/${metadata.uid}/volumes/kubernetes.io~csi/`)).map(([device, path]) => ({ device: device!, path: path! }))
  if (volumes.length === 0) throw new FaultError('conflict', `pod ${target.namespace}/${target.name} has no volume of a CSI driver mounted`)
  return { node: node.name, volumes }
}

interface VolumeFault {
  readonly name: string
  readonly title: string
  readonly parameters?: readonly FaultParameter[]
  readonly effect: string
  readonly evidence: string
  readonly healing: string
  /** Does it to one volume; and undoes it wherever its device is mounted by now, which may be nowhere. */
  break(world: FaultWorld, order: FaultOrder<'object'>, node: string, volume: PodVolumes['volumes'][number]): Promise<unknown>
  mend(world: FaultWorld, id: string, node: string, volume: PodVolumes['volumes'][number]): Promise<unknown>
}

export function volumeFault({ break: breakOne, mend, parameters = [], ...kind }: VolumeFault): Fault<'object'> {
  return {
    kind: { ...kind, parameters, group: 'storage', target: 'object', resource: 'pods', lasts: true, providers: null },
    claims: ({ namespace, name }) => [`the volumes of pod ${namespace}/${name}`],
    prepare: podVolumes,
    async inject(world, order) {
      const { node, volumes } = order.memory as PodVolumes
      for (const volume of volumes) await breakOne(world, order, node, volume)
    },
    async heal(world, { id, memory }) {
      if (memory === null) return
      const { node, volumes } = memory as PodVolumes
      for (const volume of volumes) await mend(world, id, node, volume)
    },
  }
}

/** A script with the place in $1 where the device is mounted now; the rest from $2. */
export function atVolume(world: FaultWorld, node: string, device: string, script: string, words: readonly string[] = []): Promise<string> {
  return world.run(node, ['sh', '-c', 'device=$1; script=$2; shift 2; path=$(awk -v device="$device" \'$1 == device { print $2; exit }\' /proc/mounts); [ -n "$path" ] || exit 0; exec sh -c "$script" sh "$path" "$@"', 'sh', device, script, ...words])
}
