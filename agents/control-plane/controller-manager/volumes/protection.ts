/** A finalizer that keeps an object as long as it is used. */
import type { KubernetesObject, ResourceType } from '../../../api/resources.ts'
import type { Client } from '../../../machinery/client.ts'
import { isNotFound } from '../../../machinery/status-error.ts'

/** Puts the finalizer onto what lives, and takes it off what is being deleted and free. */
export async function protect<T extends KubernetesObject>(type: ResourceType<T>, object: T, finalizer: string, isFree: () => boolean | Promise<boolean>, client: Client, signal: AbortSignal): Promise<void> {
  const { finalizers = [], deletionTimestamp } = object.metadata
  const [isProtected, lives] = [finalizers.includes(finalizer), deletionTimestamp === undefined]
  const changes = lives ? !isProtected : isProtected && await isFree()
  if (!changes) return
  const next = lives ? [...finalizers, finalizer] : finalizers.filter(one => one !== finalizer)
  await client.update(type, { ...object, metadata: { ...object.metadata, finalizers: next } }, {}, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
