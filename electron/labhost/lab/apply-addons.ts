/**
 * Puts Kubarium's own objects into the cluster: created where missing, merged where present, so that what a user added
 * to them stays. Retried while the API server is not there yet.
 */
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type AddonObject, collectionPath } from '../addons/addon-object.ts'
import { ApiError, type ApiClient } from '../cluster/api-client.ts'

const tryAgainMs = 250

export async function applyAddons(client: ApiClient, objects: readonly AddonObject[], clock: Clock, signal: AbortSignal): Promise<void> {
  for (const object of objects) {
    for (let attempt = 1; ; attempt++) {
      try {
        await applyOne(client, object)
        break
      } catch (error) {
        // A namespace or default of a cluster that is just being born may be missing for a moment.
        const isFinal = error instanceof ApiError && error.code >= 400 && error.code < 500 && error.code !== 404 && error.code !== 409 && error.code !== 429
        if (isFinal || attempt > 120) throw new Error(`${object.kind} ${object.metadata.name} could not be put into the cluster: ${(error as Error).message}`, { cause: error })
        await sleep(clock, tryAgainMs, signal)
      }
    }
  }
}

async function applyOne(client: ApiClient, object: AddonObject): Promise<void> {
  const path = collectionPath(object)
  const created = await client.ask('POST', `${path}?fieldManager=kubarium`, object)
  if (created.code === 201) return
  if (created.code !== 409 && created.code !== 422) throw statusError(created.code, created.body)
  const merged = await client.ask('PATCH', `${path}/${encodeURIComponent(object.metadata.name)}?fieldManager=kubarium`, object, { 'content-type': 'application/merge-patch+json' })
  if (merged.code === 404 && created.code === 422) throw statusError(created.code, created.body) // a Service that is there already is invalid before it is a conflict: its address is taken, by itself
  if (merged.code !== 200) throw statusError(merged.code, merged.body)
}

function statusError(code: number, body: unknown): ApiError {
  return new ApiError(code, (body as { message?: string } | null)?.message ?? `the API server answered ${code}`)
}
