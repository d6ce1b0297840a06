import { describe, expect, it } from 'vitest'
import { statefulSet } from './stateful-set.ts'
import type { StatefulSet } from './types.ts'

const set = (spec: object): StatefulSet => {
  const object = { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { namespace: 'default', name: 'db' }, spec: { serviceName: 'db', selector: { matchLabels: { app: 'db' } }, ...spec }, status: {} } as unknown as StatefulSet
  statefulSet.setDefaults(object)
  return object
}
const template = (volumeMounts: object[], more: object = {}) => ({ metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'c', volumeMounts }], ...more } })
const claims = [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }]
const problems = (spec: object): string[] => statefulSet.validate(set(spec)).map(({ path, message }) => `${path}: ${message}`)

describe('StatefulSet', () => {
  it('SS4: containers may mount what the claim templates name, and nothing that nobody names', () => {
    expect(problems({ template: template([{ name: 'data', mountPath: '/data' }]), volumeClaimTemplates: claims })).toEqual([])
    expect(problems({ template: template([{ name: 'data', mountPath: '/data' }]) })).toEqual(['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'])
  })

  it('SS3: maxUnavailable is dropped, unless it was there before', () => {
    const withMost = (): StatefulSet => set({ template: template([]), updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } })
    const most = ({ spec }: StatefulSet) => spec.updateStrategy?.rollingUpdate?.maxUnavailable
    const [made, added, kept] = [withMost(), withMost(), withMost()]
    statefulSet.prepareForCreate(made)
    statefulSet.prepareForUpdate(added, set({ template: template([]) }))
    statefulSet.prepareForUpdate(kept, withMost())
    expect([most(made), most(added), most(kept)]).toEqual([undefined, undefined, 2])
  })

  it('SS4: a claim template stands for a volume of its name, and host names are the controller\'s', () => {
    expect(problems({ template: template([{ name: 'data', mountPath: '/data' }], { hostname: 'Not A Label', volumes: [{ name: 'data', emptyDir: {} }] }), volumeClaimTemplates: claims })).toEqual([])
  })

  it('SS5: a claim template is judged as a claim when the set is made, and not again', () => {
    const wrong = { template: template([]), volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { volumeMode: 'Tape' } }] }
    expect(problems(wrong)).toEqual([
      'spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required',
      'spec.volumeClaimTemplates[0].spec.resources[storage]: Required value',
      'spec.volumeClaimTemplates[0].spec.volumeMode: Unsupported value: "Tape": supported values: "Block", "Filesystem"',
    ])
    const kept = set(wrong)
    kept.metadata.resourceVersion = '1'
    expect(statefulSet.validateUpdate(kept, kept)).toEqual([])
  })
})
