/** One object of the cluster: followed while it is looked at, and what can be done with it. */
import type { ShallowRef } from 'vue'
import type { PlainObject, Relations, ResourceAddress } from '../../electron/contract/resources.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Known } from '../lib/known.ts'
import { useFollowed } from './followed.ts'
import { useLabsStore } from './labs.ts'
import { useNoticesStore } from './notices.ts'

export interface ObjectAddress {
  readonly of: ResourceAddress
  readonly namespace: string | null
  readonly name: string
}

export interface KindSchemas {
  readonly root: string
  readonly schemas: Readonly<Record<string, unknown>>
}

/** The value is null while the object does not exist. */
export function useObject(address: () => ObjectAddress | null): ShallowRef<Known<PlainObject | null>> {
  return useFollowed('resources/object', address, ({ object }) => ({ value: object }))
}

export interface ObjectActions {
  remove(address: ObjectAddress): Promise<boolean>
  scale(address: ObjectAddress, replicas: number): Promise<boolean>
  restart(address: ObjectAddress): Promise<boolean>
  /** Rejects with the server's words. */
  replace(address: ObjectAddress, object: unknown, dryRun: boolean): Promise<PlainObject>
  schema(of: ResourceAddress, kind: string): Promise<KindSchemas>
  relations(address: ObjectAddress): Promise<Relations>
}

/** What fails is told in a notice, except where the caller wants the words. */
export function useObjectActions(): ObjectActions {
  const labs = useLabsStore()
  const bridge = useBridge()
  const notices = useNoticesStore()
  const lab = (): string => labs.lab?.spec.name ?? ''

  async function told(call: Promise<unknown>): Promise<boolean> {
    try {
      await call
      return true
    } catch (error) {
      notices.tell(error)
      return false
    }
  }

  return {
    remove: address => told(bridge.call('resources/delete', { lab: lab(), ...address })),
    scale: (address, replicas) => told(bridge.call('resources/scale', { lab: lab(), ...address, replicas })),
    restart: address => told(bridge.call('resources/restart', { lab: lab(), ...address })),
    replace: (address, object, dryRun) => bridge.call('resources/replace', { lab: lab(), ...address, object, dryRun }),
    schema: ({ group, version }, kind) => bridge.call('resources/schema', { lab: lab(), group, version, kind }),
    relations: address => bridge.call('resources/relations', { lab: lab(), ...address }),
  }
}
