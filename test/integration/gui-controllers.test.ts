/** The room of controllers: of an object what is desired, what is, and what the loop would do next. */
import { describe, expect, test } from 'vitest'
import { startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const loop = { name: 'deployment-controller', paused: true, depth: 1, waiting: [{ key: 'shop/web', forMs: 1_200, causes: ['Deployment updated'] }], active: [], later: [], last: [], objects: { kind: 'Deployment', count: 2, first: ['shop/web', 'shop/api'] }, tellsNext: true }
const web = {
  key: 'shop/web', exists: true,
  comparisons: [{ what: 'pods', bound: 'exact', desired: '5', actual: '3', met: false }, { what: 'oldSets', bound: 'most', desired: '10', actual: '2', met: true }, { what: 'missingOrdinals', bound: 'exact', desired: '', actual: '', met: true }],
  next: { writes: [{ verb: 'update', kind: 'ReplicaSet', resource: 'replicasets.apps', namespace: 'shop', name: 'web-5f', subresource: null, changes: [{ path: 'spec.replicas', from: 3, to: 5 }] }], events: [{ type: 'Normal', reason: 'ScalingReplicaSet', message: 'Scaled up replica set web-5f from 3 to 5' }], outcome: 'done', awaits: null },
}
const answers: Readonly<Record<string, unknown>> = {
  '': { subjects: ['deployment-controller', 'node-lifecycle-controller', 'informers', 'leader-election'] },
  'deployment-controller': loop,
  'deployment-controller/shop/web': web,
  'deployment-controller/shop/api': { ...web, key: 'shop/api', comparisons: [], next: { writes: [], events: [], outcome: 'done', awaits: { creates: 2, deletes: 0 } } },
  'node-lifecycle-controller': { ...loop, name: 'node-lifecycle-controller', tellsNext: false },
  'leader-election': { identity: 'kcm', isLeader: true },
  'verbosity': { level: 2 },
}

describe('the room of controllers', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [twoNodeLab], {}, {}, subject => answers[subject]), '#/controllers', 'Controllers')
  const plan = () => gui.page.locator('[data-plan]')

  test('why are there three pods and not five? Since the loop is held; its next step is told field by field', async () => {
    await plan().locator('[data-compared="pods"]').getByText('not yet').waitFor()
    expect(await plan().locator('[data-compared="pods"]').innerText()).toMatch(/pods\s+5\s+3\s+◐?\s*not yet/)
    expect(await plan().locator('[data-compared="oldSets"]').innerText()).toContain('at most 10')
    expect(await plan().locator('[data-compared="missingOrdinals"]').innerText()).toMatch(/none\s+none/)
    expect(await plan().locator('[data-write="update"]').innerText()).toMatch(/Update ReplicaSet shop\/web-5f\s+spec\.replicas: 3 → 5/)
    await plan().getByText('kubarium inspect kube-controller-manager deployment-controller/shop/web').waitFor()
  })

  test('another object is chosen by its name, and what is waited for is told', async () => {
    await plan().getByLabel('Which Deployment').fill('shop/api')
    await gui.page.keyboard.press('Enter')
    await plan().getByText('It waits to see what it wrote: 2 made, 0 deleted.').waitFor()
    await plan().getByText('it would write nothing').waitFor()
  })

  test('a loop that cannot tell what it would do says so', async () => {
    await gui.page.locator('[data-controller="node-lifecycle-controller"] button').click()
    await plan().getByText('node-lifecycle-controller remembers what it saw').waitFor()
  })

  test('a key is let through, and the command for it is told', async () => {
    await gui.page.getByRole('button', { name: 'Let one through' }).click()
    expect(gui.asked('components/steer')).toEqual([{ lab: 'default', component: 'kube-controller-manager', controller: 'deployment-controller', verb: 'step' }])
    await gui.page.locator('[data-clicked]').getByText('kubarium component steer kube-controller-manager deployment-controller --do step').waitFor()
  })

  test('it has no accessibility violation, in both themes and three languages', async () => {
    expect(await violationsOf(gui.page, 'controllers', { plan: () => plan().locator('[data-write="update"]').waitFor() })).toEqual([])
  })
})
