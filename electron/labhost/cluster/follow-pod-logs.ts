/**
 * Logs of many pods as one stream.
 *
 *   PL1  The pods are those that the selector finds when it is asked; a container that cannot be read is told of in its own line.
 *   PL2  Ends when every container's log has ended, or with the signal.
 */
import { errorText } from '../../../agents/base/log.ts'
import type { ApiClient } from './api-client.ts'
import { resourcePath } from './resource-path.ts'

interface PodList {
  readonly items: readonly { readonly metadata: { readonly name: string }; readonly spec: { readonly initContainers?: readonly { readonly name: string }[]; readonly containers: readonly { readonly name: string }[] } }[] | null
}

export interface PodLogLine {
  readonly pod: string
  readonly container: string
  readonly line: string
}

const pods = { group: '', version: 'v1', resource: 'pods' }

export async function* followPodLogs(client: ApiClient, { namespace, labelSelector, fieldSelector, tail }: { readonly namespace: string; readonly labelSelector: string; readonly fieldSelector: string; readonly tail: number }, signal: AbortSignal): AsyncGenerator<PodLogLine> {
  const list = (await client.get(`${resourcePath(pods, namespace)}?${new URLSearchParams({ labelSelector, fieldSelector }).toString()}`)) as PodList
  const sources = (list.items ?? []).flatMap(({ metadata: { name }, spec }) => [...(spec.initContainers ?? []), ...spec.containers].map(container => readLog(client, namespace, name, container.name, tail, signal)))
  yield* merged(sources)
}

async function* readLog(client: ApiClient, namespace: string, pod: string, container: string, tail: number, signal: AbortSignal): AsyncGenerator<PodLogLine> {
  const query = new URLSearchParams({ container, follow: 'true', tailLines: String(tail) })
  try {
    for await (const line of client.lines(`${resourcePath(pods, namespace, pod)}/log?${query.toString()}`, signal)) yield { pod, container, line }
  } catch (error) {
    if (!signal.aborted) yield { pod, container, line: errorText(error) } // PL1
  }
}

/** PL2 */
async function* merged<T>(sources: readonly AsyncGenerator<T>[]): AsyncGenerator<T> {
  const next = (source: AsyncGenerator<T>) => source.next().then(result => ({ source, result }))
  const pending = new Map(sources.map(source => [source, next(source)]))
  while (pending.size > 0) {
    const { source, result } = await Promise.race(pending.values())
    if (result.done === true) pending.delete(source)
    else {
      pending.set(source, next(source))
      yield result.value
    }
  }
}
