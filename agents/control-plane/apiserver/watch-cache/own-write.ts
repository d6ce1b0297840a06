import type { KubeObject } from '../registry/kube-object.ts'
import { servedBytes } from './stored-form.ts'
import type { StoredForm } from './stored-form.ts'

/** What this process is about to store. Who wrote it answers with the same bytes that the cache keeps, whichever is first. */
export class OwnWrite {
  readonly value: Uint8Array
  readonly object: KubeObject
  #served: { readonly revision: number; readonly bytes: Buffer } | undefined

  constructor(value: Uint8Array, object: KubeObject) {
    this.value = value
    this.object = object
  }

  /** As every client gets it, once it has been stored at the revision. */
  servedAt(revision: number, form: StoredForm): Buffer {
    if (this.#served?.revision !== revision) this.#served = { revision, bytes: servedBytes(form, this.value, revision) }
    return this.#served.bytes
  }
}
