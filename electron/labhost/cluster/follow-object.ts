/** One object as it is: a list and watch of its name alone, so that what happens to it is seen at once. */
import type { Clock } from '../../../agents/base/clock.ts'
import type { PlainObject, ResourceAddress } from '../../contract/resources.ts'
import type { ApiClient } from './api-client.ts'
import { followResources } from './follow-resources.ts'

export async function* followObject(client: () => ApiClient | undefined, of: ResourceAddress, namespace: string | null, name: string, clock: Clock, signal: AbortSignal): AsyncGenerator<{ readonly object: PlainObject | null }> {
  for await (const change of followResources(client, of, namespace, clock, signal, { fieldSelector: `metadata.name=${name}` })) {
    if (change.type === 'replaced') yield { object: change.objects[0] ?? null }
    else if (change.type === 'changed') yield { object: change.object }
    else if (change.type === 'removed') yield { object: null }
  }
}
