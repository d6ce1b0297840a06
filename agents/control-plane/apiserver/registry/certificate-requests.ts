/** Who made a certificate signing request is recorded by the server: whatever the client says about itself is replaced. */
import type { Fields } from './kube-object.ts'
import type { WriteHooks } from './object-writer.ts'

export const certificateRequestHooks: WriteHooks = {
  async beforeCreate(request, { user }) {
    const spec = (request['spec'] ?? {}) as Fields
    for (const field of ['username', 'uid', 'groups', 'extra']) delete spec[field]
    request['spec'] = {
      ...spec,
      username: user.name,
      ...(user.uid === '' ? {} : { uid: user.uid }),
      ...(user.groups.length === 0 ? {} : { groups: user.groups }),
      ...(Object.keys(user.extra).length === 0 ? {} : { extra: user.extra }),
    }
    return undefined
  },
  async beforeUpdate(request, old) {
    request['spec'] = old['spec']
    return undefined
  },
}
