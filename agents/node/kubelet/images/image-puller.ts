/**
 * Makes an image present before a container is made of it.
 *
 *   IP1  Never: absent is ErrImageNeverPull. IfNotPresent: pulled when absent. Always: the registry is asked every time.
 *   IP2  A failed pull is ErrImagePull; until its back-off is over the next tries are ImagePullBackOff without a pull.
 *   IP3  One pull of an image at a time; who comes second shares it.
 *   IP4  Events: Pulling, Pulled, Failed, BackOff, in upstream's words.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import { errorText } from '../../../base/log.ts'
import { StartError } from '../pod-worker/start-error.ts'
import type { ImageAuth, Runtime } from '../cri/runtime.ts'
import type { AnyContainer } from '../pod-worker/pod-containers.ts'
import { RestartBackoff } from '../pod-worker/restart-backoff.ts'
import type { ImageUser } from '../pod-worker/security.ts'
import { defaultPullPolicy, readImageReference, type ImageReference } from './image-reference.ts'

export interface PresentImage {
  readonly ref: string
  readonly user: ImageUser
}

export type TellPodEvent = (type: 'Normal' | 'Warning', reason: string, message: string) => void

export class ImagePuller {
  readonly #runtime: Runtime
  readonly #clock: Clock
  readonly #backoff = new RestartBackoff()
  readonly #failures = new Map<string, { atMs: number; text: string }>()
  readonly #pulling = new Map<string, Promise<void>>()

  constructor(runtime: Runtime, clock: Clock) {
    this.#runtime = runtime
    this.#clock = clock
  }

  /** Throws StartError with the waiting reason of the container. */
  async ensure(pod: Pod, container: AnyContainer, auths: (reference: ImageReference) => Promise<readonly ImageAuth[]>, tell: TellPodEvent, signal: AbortSignal): Promise<PresentImage> {
    const image = container.image ?? ''
    const reference = readImageReference(image)
    if (reference === undefined) {
      const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`
      tell('Warning', 'InspectFailed', message)
      throw new StartError('InvalidImageName', message)
    }
    const policy = container.imagePullPolicy ?? defaultPullPolicy(image)
    const present = policy === 'Always' ? undefined : await this.#present(reference)
    if (present !== undefined) {
      tell('Normal', 'Pulled', `Container image "${image}" already present on machine`)
      return present
    }
    if (policy === 'Never') {
      const message = `Container image "${image}" is not present with pull policy of Never`
      tell('Warning', 'ErrImageNeverPull', message)
      throw new StartError('ErrImageNeverPull', message) // IP1
    }
    await this.#pull(pod, image, reference, auths, tell, signal)
    const pulled = await this.#present(reference)
    if (pulled === undefined) throw new StartError('ErrImagePull', `image "${image}" is not there after it was pulled`)
    return pulled
  }

  async #present(reference: ImageReference): Promise<PresentImage | undefined> {
    const found = await this.#runtime.image(reference.text)
    if (found === undefined || found.id === '') return undefined
    return { ref: found.id, user: { uid: found.uid, username: found.username } }
  }

  async #pull(pod: Pod, image: string, reference: ImageReference, auths: (reference: ImageReference) => Promise<readonly ImageAuth[]>, tell: TellPodEvent, signal: AbortSignal): Promise<void> {
    const key = `${pod.metadata.uid}|${image}`
    const failure = this.#failures.get(key)
    const until = failure === undefined ? undefined : this.#backoff.blockedUntil(key, failure.atMs, this.#clock.now())
    if (failure !== undefined && until !== undefined) {
      tell('Normal', 'BackOff', `Back-off pulling image "${image}"`)
      throw new StartError('ImagePullBackOff', `Back-off pulling image "${image}": ErrImagePull: ${failure.text}`, until) // IP2
    }
    tell('Normal', 'Pulling', `Pulling image "${image}"`)
    const startedMs = this.#clock.monotonic()
    try {
      await this.#shared(reference, await auths(reference), signal)
    } catch (error) {
      if (signal.aborted) throw error
      const text = errorText(error)
      const nowMs = this.#clock.now()
      this.#failures.set(key, { atMs: nowMs, text })
      this.#backoff.attempted(key, nowMs)
      tell('Warning', 'Failed', `Failed to pull image "${image}": ${text}`)
      throw new StartError('ErrImagePull', text, nowMs + this.#backoff.delayMs(key))
    }
    this.#failures.delete(key)
    this.#backoff.forget(key)
    const size = (await this.#runtime.image(reference.text))?.size ?? 0
    const took = durationText(Math.round(this.#clock.monotonic() - startedMs))
    tell('Normal', 'Pulled', `Successfully pulled image "${image}" in ${took} (${took} including waiting). Image size: ${size} bytes.`) // IP4
  }

  async #shared(reference: ImageReference, auths: readonly ImageAuth[], signal: AbortSignal): Promise<void> {
    const running = this.#pulling.get(reference.text)
    if (running !== undefined) return running // IP3
    const pull = this.#pullOnce(reference, auths, signal).finally(() => this.#pulling.delete(reference.text))
    this.#pulling.set(reference.text, pull)
    await pull
  }

  async #pullOnce(reference: ImageReference, auths: readonly ImageAuth[], signal: AbortSignal): Promise<void> {
    const attempts: readonly (ImageAuth | undefined)[] = auths.length === 0 ? [undefined] : auths
    let failure: unknown
    for (const auth of attempts) {
      try {
        await this.#runtime.pullImage(reference.text, auth, undefined, signal)
        return
      } catch (error) {
        failure = error
        if (signal.aborted) break
      }
    }
    throw failure
  }
}
