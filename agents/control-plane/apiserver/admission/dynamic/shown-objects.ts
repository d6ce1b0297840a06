/**
 * The object and old object of a request in the versions that webhooks and policies want to see, converted and encoded
 * once for all who see the same. Whoever changes the object says so.
 */
import type { KubeObject } from '../../registry/kube-object.ts'
import type { AdmissionRequest } from '../admission.ts'
import type { ObjectForms } from './object-forms.ts'
import type { ShownAs } from './request-matcher.ts'

export interface ShownPair {
  readonly object: KubeObject | undefined
  readonly oldObject: KubeObject | undefined
}

interface Known extends ShownPair {
  objectText?: string
  oldText?: string
}

export class ShownObjects {
  readonly #request: AdmissionRequest
  readonly #forms: ObjectForms
  readonly #known = new Map<string, Known>()

  constructor(request: AdmissionRequest, forms: ObjectForms) {
    this.#request = request
    this.#forms = forms
  }

  async pair(as: ShownAs): Promise<ShownPair> {
    return await this.#find(as)
  }

  /** As JSON; "null" for what there is not. */
  async texts(as: ShownAs): Promise<{ readonly object: string; readonly oldObject: string }> {
    const known = await this.#find(as)
    known.objectText ??= textOf(known.object, this.#request.operation === 'CREATE' && this.#request.subresource === '')
    known.oldText ??= textOf(known.oldObject, false)
    return { object: known.objectText, oldObject: known.oldText }
  }

  forget(): void {
    this.#known.clear()
  }

  async #find(as: ShownAs): Promise<Known> {
    const key = `${as.group}/${as.version}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const shown = async (object: KubeObject | undefined) => (object === undefined || as.isOwn ? object : await this.#forms.convert(object, this.#request, as))
    const made: Known = { object: await shown(this.#request.object), oldObject: await shown(this.#request.oldObject) }
    this.#known.set(key, made)
    return made
  }
}

/** A new object has neither uid nor birthday before it has been admitted. */
function textOf(object: KubeObject | undefined, isNew: boolean): string {
  if (object === undefined) return 'null'
  if (!isNew) return JSON.stringify(object)
  const { uid: _uid, creationTimestamp: _birth, ...meta } = object.metadata
  return JSON.stringify({ ...object, metadata: { ...meta, creationTimestamp: null } })
}
