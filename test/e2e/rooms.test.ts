/**
 * The rooms of the page in a real Chromium against a real lab: for each a question that a learner asks is answered by
 * clicking, and the answer is the one that kubectl, etcd's API, iptables or ip give.
 */
import { readFile } from 'node:fs/promises'
import AxeBuilder from '@axe-core/playwright'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { chromiumMissing, launchChromium, screenshot } from '../integration/chromium.ts'
import { TestLab, eventually, whyNoLab } from './test-lab.ts'

const missing = whyNoLab('namespace') ?? chromiumMissing
const lab = new TestLab('namespace', 'rooms')
const waitMs = 60_000
let browser: Browser
let page: Page

const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com', scope: 'Namespaced', names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } } } }, additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }] }],
  },
}

describe.skipIf(missing !== null)('rooms of a real lab', () => {
  beforeAll(async () => {
    await lab.up(2)
    await lab.must(['create', 'deployment', 'web', '--image=web', '--replicas=2'])
    await lab.must(['expose', 'deployment', 'web', '--port=80'])
    await lab.must(['rollout', 'status', 'deployment/web', '--timeout=180s'])
    browser = await launchChromium()
    page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-US' })).newPage()
    page.setDefaultTimeout(waitMs)
    const { address } = JSON.parse((await lab.kubarium(['app', '-o', 'json'])).stdout) as { address: string }
    await page.goto(address)
    await page.getByRole('navigation', { name: 'Rooms' }).waitFor()
  }, 900_000)
  afterAll(async () => {
    await browser?.close()
    await lab.remove()
  }, 300_000)

  const enterResources = async (kind: string, name: string): Promise<void> => {
    await page.evaluate(`location.hash = '#/resources/${kind}/default/${name}'`)
    await page.getByRole('region', { name: new RegExp(` ${name}$`) }).waitFor()
  }
  const enter = async (room: string, title = room): Promise<void> => {
    await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: room, exact: true }).click()
    await page.getByRole('heading', { level: 1, name: title, exact: true }).waitFor()
  }
  const panel = (name: 'knows' | 'wants' | 'did' | 'controls'): Locator => page.locator(`[data-panel="${name}"]`)

  test('scheduler: why is this pod pending, what would cure it, and does the cure work?', { timeout: 180_000 }, async () => {
    await lab.must(['run', 'picky', '--image=web', '--overrides={"spec":{"nodeSelector":{"disk":"ssd"}}}'])
    await enter('Scheduler')
    await panel('wants').getByRole('button', { name: 'default/picky' }).click()
    const why = page.getByRole('article', { name: 'Why default/picky waits' })
    await why.waitFor()
    const event = await eventually('the event', async () => (await lab.must(['get', 'events', '--field-selector=involvedObject.name=picky,reason=FailedScheduling', '-o', 'jsonpath={.items[0].message}'])) || false)
    expect(await why.innerText()).toContain(event)
    const cure = await why.locator('code').first().innerText()
    expect(cure).toMatch(/^kubectl label node node-[12] disk=ssd$/)
    await lab.must(cure.split(' ').slice(1))
    await panel('did').locator('[data-decision="default/picky"]').filter({ hasText: /node-[12]/ }).first().waitFor()
    const node = await lab.must(['get', 'pod', 'picky', '-o', 'jsonpath={.spec.nodeName}'])
    await panel('did').locator('[data-decision="default/picky"]').filter({ hasText: node }).getByRole('button').click()
    const grid = page.getByRole('group', { name: 'Nodes and plugins' })
    expect(await grid.locator(`[data-node="${node}"]`).innerText()).toContain('chosen')
    expect(await grid.getByRole('columnheader', { name: 'NodeAffinity' }).count()).toBe(1)
    await screenshot(page, 'room-scheduler')
  })

  test('scheduler: where would twenty pods go that ask for a tenth of a processor each?', { timeout: 120_000 }, async () => {
    await enter('Scheduler')
    await page.getByRole('button', { name: 'What if…' }).click()
    const dialog = page.getByRole('dialog')
    const manifest = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'q' }, spec: { containers: [{ name: 'c', image: 'web', resources: { requests: { cpu: '100m' } } }] } }
    await dialog.getByLabel('Pod or Deployment as YAML').fill(JSON.stringify(manifest))
    await dialog.getByLabel('Copies').fill('20')
    await dialog.getByRole('button', { name: 'Ask the scheduler' }).click()
    await dialog.getByText('20 of 20 would be placed.').waitFor()
    expect(await lab.must(['get', 'pods', '-o', 'name'])).not.toContain('pod/q')
    await dialog.getByLabel('Pod or Deployment as YAML').fill('kind: [')
    await dialog.getByRole('button', { name: 'Ask the scheduler' }).click()
    await dialog.locator('.error-text').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).click()
  })

  test('scheduler: what happens to pods while it is held, and after one step?', { timeout: 120_000 }, async () => {
    await enter('Scheduler')
    const controls = panel('controls')
    await controls.getByRole('button', { name: 'Hold scheduling' }).click()
    await controls.getByRole('button', { name: 'Let scheduling go on' }).waitFor()
    for (const name of ['held-1', 'held-2']) await lab.must(['run', name, '--image=web'])
    const placed = async () => (await lab.must(['get', 'pods', 'held-1', 'held-2', '-o', 'jsonpath={range .items[*]}{.metadata.name}={.spec.nodeName} {end}'])).trim().split(' ').filter(word => !word.endsWith('='))
    await eventually('both wait', async () => (JSON.parse((await lab.kubarium(['inspect', 'kube-scheduler', 'queue', '--name', lab.name, '-o', 'json'])).stdout) as { pods: { pod: string }[] }).pods.filter(({ pod }) => pod.startsWith('default/held-')).length === 2)
    expect(await placed()).toEqual([])
    await controls.getByRole('button', { name: 'Let one through' }).click()
    await eventually('one has a node', async () => (await placed()).length === 1)
    await controls.getByRole('button', { name: 'Let scheduling go on' }).click()
    await eventually('both have a node', async () => (await placed()).length === 2)
    await lab.must(['delete', 'pods', 'held-1', 'held-2', '--now'])
  })

  test('etcd: at which revision did this label change?', { timeout: 120_000 }, async () => {
    await lab.must(['create', 'configmap', 'marked', '--from-literal=a=1'])
    await lab.must(['label', 'configmap', 'marked', 'tier=one'])
    await lab.must(['label', '--overwrite', 'configmap', 'marked', 'tier=two'])
    const revision = await lab.must(['get', 'configmap', 'marked', '-o', 'jsonpath={.metadata.resourceVersion}'])
    await enter('etcd')
    await panel('knows').locator('[data-prefix="/registry/configmaps/"]').getByRole('button').click()
    await panel('knows').locator('[data-prefix="/registry/configmaps/default/"]').getByRole('button').click()
    await panel('knows').locator('[data-key="/registry/configmaps/default/marked"]').getByRole('button').click()
    const row = panel('did').locator('[data-revision]').filter({ hasText: 'metadata.labels.tier' }).first()
    await row.waitFor()
    expect(await row.getAttribute('data-revision')).toBe(revision)
    await row.getByRole('button').click()
    const difference = page.getByRole('group', { name: `What revision ${revision} changed` })
    await difference.getByText('tier: one').waitFor()
    expect(await difference.locator('.added').allInnerTexts()).toContain('+    tier: two')
    expect(await panel('did').locator('[data-revision]').count()).toBe(3)
    await screenshot(page, 'room-etcd')
  })

  test('API server: which request made that Deployment, and may the default service account list pods?', { timeout: 120_000 }, async () => {
    await lab.must(['create', 'deployment', 'asked', '--image=web', '--replicas=0'])
    await enter('API server')
    await panel('did').getByPlaceholder('Verb, path, user, code').fill('create deployments kubectl')
    const request = panel('did').locator('[data-request^="create /apis/apps/v1/namespaces/default/deployments"]').first()
    await request.getByRole('button').click()
    const written = await lab.must(['get', 'deployment', 'asked', '-o', 'jsonpath={.metadata.uid}'])
    expect(written).not.toBe('')
    await panel('did').getByText('wrote revision').waitFor()

    const form = page.getByRole('region', { name: 'May they do it?' })
    const ask = async (): Promise<string> => {
      await form.getByRole('button', { name: 'Ask' }).click()
      await form.locator('.pill').waitFor()
      return form.locator('.answer').innerText()
    }
    expect(await ask()).toContain('No rule allows it.')
    expect((await lab.kubectl(['auth', 'can-i', 'list', 'pods', '--as', 'system:serviceaccount:default:default', '-n', 'default'])).stdout.trim()).toBe('no')
    await lab.must(['create', 'rolebinding', 'readers', '--clusterrole=view', '--serviceaccount=default:default'])
    await eventually('the rule counts', async () => (await ask()).includes('RoleBinding "readers'))
    expect(await form.locator('.answer').innerText()).toContain('ClusterRole view')
    expect((await lab.kubectl(['auth', 'can-i', 'list', 'pods', '--as', 'system:serviceaccount:default:default', '-n', 'default'])).stdout.trim()).toBe('yes')
    await screenshot(page, 'room-apiserver')
  })

  test('API server and etcd: what does the audit log say of my request, and who leads the store?', { timeout: 120_000 }, async () => {
    await lab.must(['create', 'configmap', 'audited', '--from-literal=a=1'])
    await enter('API server')
    await panel('did').getByRole('button', { name: 'Audit' }).click()
    await panel('did').getByPlaceholder('Verb, path, user, code').fill('create configmaps kubectl')
    const line = panel('did').locator('[data-audit^="create /api/v1/namespaces/default/configmaps"]').first()
    await line.waitFor()
    expect(await line.innerText()).toContain('201')
    await enter('etcd')
    await panel('controls').getByText('One member: it leads always, and there is no election.').waitFor()
    const member = panel('controls').locator('[data-member]')
    expect(await member.count()).toBe(1)
    const current = BigInt(await lab.must(['get', 'configmap', 'audited', '-o', 'jsonpath={.metadata.resourceVersion}']))
    await expect.poll(async () => BigInt(await member.locator('td').last().innerText()) >= current, { timeout: waitMs }).toBe(true)
  })

  test('resources: what belongs to this Deployment, and what comes of scaling it?', { timeout: 180_000 }, async () => {
    await enterResources('deployments.apps', 'web')
    const pane = page.locator('[data-panel="object"]')
    await pane.getByRole('tab', { name: 'Relations' }).click()
    const pods = (await lab.must(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ')
    for (const pod of pods) await pane.locator('.node', { hasText: pod }).waitFor()
    const slice = await lab.must(['get', 'endpointslices', '-l', 'kubernetes.io/service-name=web', '-o', 'jsonpath={.items[0].metadata.name}'])
    await pane.locator('.node', { hasText: slice }).waitFor()
    await pane.getByRole('button', { name: 'Table' }).click()
    await pane.getByRole('row', { name: new RegExp(`Service web\\s+selects\\s+Pod ${pods[0]!}`) }).waitFor()
    await pane.getByLabel('Replicas').fill('3')
    await pane.getByRole('button', { name: 'Scale' }).click()
    await page.locator('[data-object="web"]').getByText('3/3').waitFor()
    expect(await lab.must(['get', 'deployment', 'web', '-o', 'jsonpath={.spec.replicas}'])).toBe('3')
    await pane.getByRole('tab', { name: 'Events' }).click()
    await pane.locator('[data-reason="ScalingReplicaSet"]').filter({ hasText: 'from 2 to 3' }).waitFor()
    await screenshot(page, 'room-resources')
  })

  test('resources: what would the server make of this change, and does it refuse nonsense?', { timeout: 180_000 }, async () => {
    await lab.must(['create', 'configmap', 'edited', '--from-literal=colour=blue'])
    await enterResources('configmaps', 'edited')
    const pane = page.locator('[data-panel="object"]')
    const text = pane.getByRole('textbox', { name: 'YAML of edited' })
    await text.waitFor()
    const rewrite = async (change: (yaml: string) => string): Promise<void> => {
      const yaml = (await text.locator('.cm-line').allInnerTexts()).map(line => line.replaceAll('\u200b', '').replace(/^\n$/, '')).join('\n')
      await text.fill(change(yaml))
    }
    await rewrite(yaml => yaml.replace('colour: blue', 'colour: green'))
    await pane.getByRole('button', { name: 'Try on the server' }).click()
    await pane.getByRole('group', { name: 'What would change' }).locator('.added').getByText('colour: green').waitFor()
    expect(await lab.must(['get', 'configmap', 'edited', '-o', 'jsonpath={.data.colour}'])).toBe('blue')
    await pane.getByRole('button', { name: 'Apply' }).click()
    await eventually('it is stored', async () => (await lab.must(['get', 'configmap', 'edited', '-o', 'jsonpath={.data.colour}'])) === 'green')
    await rewrite(yaml => `${yaml}\nnonsense: 1`)
    await pane.locator('.cm-lintRange-warning').waitFor()
    await pane.getByRole('button', { name: 'Try on the server' }).click()
    await pane.getByText('unknown field "nonsense"').waitFor()
    await pane.getByRole('button', { name: 'Revert' }).click()
  })

  test('resources: a custom kind is there as soon as it is defined, with its own columns', { timeout: 120_000 }, async () => {
    await enter('Resources', 'Pod')
    await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify(widgets))
    await page.getByRole('navigation', { name: 'Kinds' }).getByRole('link', { name: 'Widget' }).click()
    await lab.must(['apply', '-f', '-'], 60_000, JSON.stringify({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'one', namespace: 'default' }, spec: { size: 7 } }))
    await page.getByRole('columnheader', { name: 'Size' }).waitFor()
    await page.locator('[data-object="one"]').getByText('7').waitFor()
  })

  test('resources: what do the pods of this Deployment say, all together?', { timeout: 120_000 }, async () => {
    await lab.must(['create', 'deployment', 'talkers', '--image=busybox', '--replicas=2', '--', 'sh', '-c', 'echo hello from $(hostname); sleep 10000'])
    await lab.must(['rollout', 'status', 'deployment/talkers', '--timeout=120s'])
    await enterResources('deployments.apps', 'talkers')
    await page.locator('[data-panel="object"]').getByRole('tab', { name: 'Logs' }).click()
    const pods = (await lab.must(['get', 'pods', '-l', 'app=talkers', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ')
    for (const pod of pods) await page.getByRole('log').getByText(`hello from ${pod}`).waitFor()
  })

  test('resources: how do I reach my Service from this desktop, and what is its story?', { timeout: 180_000 }, async () => {
    await enterResources('services', 'web')
    const pane = page.locator('[data-panel="object"]')
    await pane.getByRole('tab', { name: 'Port-forward' }).click()
    await pane.getByRole('button', { name: 'Start forwarding' }).click()
    const service = await lab.must(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])
    const local = pane.locator(`[data-forward="${service}:80"]`).getByRole('link')
    await local.waitFor()
    const address = (await local.getAttribute('href'))!
    expect((await fetch(address)).status).toBe(200)
    expect(await pane.locator('code').allInnerTexts()).toContain('kubectl port-forward services/web -n default :80')
    await pane.getByRole('button', { name: 'Stop', exact: true }).click()
    await expect.poll(() => pane.locator('[data-forward]').count()).toBe(0)
    await expect(fetch(address)).rejects.toThrow()
    await pane.getByRole('link', { name: 'Its story' }).click()
    await page.getByRole('heading', { level: 1, name: 'Story' }).waitFor()
    const event = await lab.must(['get', 'events', '--field-selector=involvedObject.kind=Deployment,involvedObject.name=web', '-o', 'jsonpath={.items[0].metadata.name}'])
    await enterResources('events', event)
    await pane.getByRole('link', { name: 'Deployment web' }).click()
    await page.getByRole('region', { name: 'Deployment web' }).waitFor()
  })

  test('controllers: what did the deployment controller do when I scaled, and what woke it?', { timeout: 180_000 }, async () => {
    await enter('Controllers')
    await panel('knows').locator('[data-controller="deployment-controller"]').getByRole('button').click()
    await lab.must(['create', 'deployment', 'scaled', '--image=web', '--replicas=1'])
    const reconciled = panel('did').locator('[data-reconciled="default/scaled"]')
    await reconciled.first().waitFor()
    expect(await reconciled.last().innerText()).toContain('Deployment added')
    const control = page.getByRole('region', { name: 'Steer deployment-controller' })
    await control.getByRole('button', { name: 'Hold deployment-controller' }).click()
    await control.getByRole('button', { name: 'Let deployment-controller go on' }).waitFor()
    await lab.must(['scale', 'deployment', 'scaled', '--replicas=2'])
    await panel('wants').locator('[data-queued="default/scaled"]').waitFor()
    expect(await lab.must(['get', 'replicasets', '-l', 'app=scaled', '-o', 'jsonpath={.items[0].spec.replicas}'])).toBe('1')
    await control.getByRole('button', { name: 'Let one through' }).click()
    await eventually('the replica set follows', async () => (await lab.must(['get', 'replicasets', '-l', 'app=scaled', '-o', 'jsonpath={.items[0].spec.replicas}'])) === '2')
    await control.getByRole('button', { name: 'Let deployment-controller go on' }).click()
    await control.getByRole('button', { name: 'Hold deployment-controller' }).waitFor()
    await screenshot(page, 'room-controllers')
  })

  test('cloud: which address did my Service get, and which machines are behind it?', { timeout: 180_000 }, async () => {
    await lab.must(['expose', 'deployment', 'web', '--name=web-lb', '--type=LoadBalancer', '--port=8080', '--target-port=80'])
    await enter('Cloud')
    const balancer = panel('did').locator('[data-balancer="default/web-lb"]')
    await balancer.waitFor()
    const address = await eventually('an address', async () => (await lab.must(['get', 'service', 'web-lb', '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'])) || false)
    expect(await balancer.innerText()).toContain(address)
    for (const node of ['node-1', 'node-2']) expect(await balancer.innerText()).toContain(node)
    expect(await panel('knows').locator('[data-machine="node-1"]').innerText()).toContain(await lab.must(['get', 'node', 'node-1', '-o', 'jsonpath={.spec.providerID}']))
    await lab.must(['delete', 'service', 'web-lb'])
  })

  test('kubelet and runtime: which containers has this node, and what was the runtime told to start one?', { timeout: 180_000 }, async () => {
    await lab.must(['run', 'placed', '--image=web', '--overrides={"spec":{"nodeName":"node-1"}}'])
    await lab.must(['wait', '--for=condition=Ready', 'pod/placed', '--timeout=120s'])
    await enter('Kubelet')
    await page.getByLabel('Which one').selectOption('kubelet@node-1')
    await panel('knows').locator('[data-worker="default/placed"]').getByText('placed running').waitFor()
    await panel('did').getByPlaceholder('Call').fill('StartContainer')
    await panel('did').locator('[data-call="RuntimeService/StartContainer"]').first().waitFor()
    await screenshot(page, 'room-kubelet')
    await enter('Runtime')
    const id = (await lab.must(['get', 'pod', 'placed', '-o', 'jsonpath={.status.containerStatuses[0].containerID}'])).replace('containerd://', '').slice(0, 12)
    await panel('knows').locator(`[data-container="${id}"]`).getByText('default/placed').waitFor()
  })

  test('machine: how much has passed this node\'s network card, what runs on the machine, and how do I get in?', { timeout: 180_000 }, async () => {
    await enter('Machine')
    await page.getByLabel('Which node').selectOption('node-1')
    const cells = panel('knows').locator('[data-card="lan0"]').locator('td')
    await cells.first().waitFor()
    const packets = async (): Promise<number> => Number(/(\d+) packets/.exec(await cells.nth(2).innerText())![1])
    const counted = async (): Promise<number> => (JSON.parse(await lab.onNode('node-1', 'ip', '-j', '-s', 'link', 'show', 'dev', 'lan0')) as { stats64: { rx: { packets: number } } }[])[0]!.stats64.rx.packets
    const before = await counted()
    await lab.onNode('node-1', 'ping', '-c', '3', '-i', '0.2', await lab.must(['get', 'node', 'node-2', '-o', 'jsonpath={.status.addresses[0].address}']))
    await expect.poll(packets, { timeout: waitMs }).toBeGreaterThanOrEqual(before + 3)
    expect(await packets()).toBeLessThanOrEqual(await counted())
    await panel('did').locator('[data-chart="CPU"]').getByText(/busy \d/).waitFor()
    await panel('did').getByRole('button', { name: 'Network as a table' }).click()
    await panel('did').getByRole('columnheader', { name: 'received, lan0' }).waitFor()
    await panel('did').getByRole('button', { name: 'Processes' }).click()
    const pid = await panel('wants').locator('[data-service="kubelet@node-1"] td').nth(1).innerText()
    expect(await panel('did').locator(`[data-process="${pid}"]`).innerText()).toContain('kubelet')
    expect((await lab.onNode('node-1', 'cat', `/proc/${pid}/cmdline`)).replaceAll('\0', ' ')).toContain('kubelet')
    await screenshot(page, 'room-machine')
    await page.getByRole('tab', { name: 'Shell', exact: true }).click()
    await page.locator('.place .xterm-helper-textarea').focus()
    await page.keyboard.type('hostname; exit\n')
    await page.getByText('It ended.').or(page.locator('.place').getByText('node-1').first()).first().waitFor()
  })

  test('kube-proxy: which rule sends me to which pod, and does the kernel count me there?', { timeout: 180_000 }, async () => {
    await enter('kube-proxy')
    await page.getByLabel('Which one').selectOption('kube-proxy@node-1')
    await panel('knows').locator('[data-service="default/web"]').getByRole('button').click()
    const saved = await lab.onNode('node-1', 'iptables-save', '-t', 'nat')
    const chain = /-A KUBE-SERVICES [^\n]*default\/web cluster IP[^\n]*-j (KUBE-SVC-\S+)/.exec(saved)![1]!
    await panel('wants').locator(`[data-chain="${chain}"]`).waitFor()
    const pods = (await lab.must(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.podIP}'])).split(' ')
    for (const ip of pods) {
      const rule = panel('wants').locator(`[data-target="${ip}:80"]`)
      await rule.waitFor()
      expect(saved).toMatch(new RegExp(`--to-destination ${ip}:80`))
    }
    const counted = async (): Promise<number> => (await Promise.all(pods.map(async ip => Number(await panel('wants').locator(`[data-target="${ip}:80"]`).locator('td').first().innerText())))).reduce((sum, packets) => sum + packets, 0)
    const before = await counted()
    await lab.onNode('node-1', 'bash', '-c', `exec 3<>/dev/tcp/${await lab.must(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])}/80`)
    await expect.poll(counted, { timeout: waitMs }).toBeGreaterThan(before)
    await screenshot(page, 'room-proxy')
  })

  test('overlay: how does a packet get to a pod on the other node?', { timeout: 120_000 }, async () => {
    await enter('Overlay')
    await page.getByLabel('Which one').selectOption('overlay@node-1')
    const cidr = await lab.must(['get', 'node', 'node-2', '-o', 'jsonpath={.spec.podCIDR}'])
    const route = panel('knows').locator(`[data-route="${cidr}"]`)
    await route.waitFor()
    const [via] = /(?<=via )\S+/.exec(await lab.onNode('node-1', 'ip', 'route', 'show', cidr))!
    expect(await route.innerText()).toContain(via)
    const address = await lab.must(['get', 'node', 'node-2', '-o', 'jsonpath={.status.addresses[0].address}'])
    expect(await panel('knows').locator(`[data-neighbour="${via}"]`).innerText()).toContain(address)
    expect(await lab.onNode('node-1', 'bridge', 'fdb', 'show', 'dev', 'vxlan.kubarium')).toContain(`dst ${address}`)
  })

  const inNetwork = async (tab: string): Promise<void> => {
    await enter('Network')
    await page.getByRole('tab', { name: tab, exact: true }).click()
  }

  test('network: which way does a connection take to pod 2, there and back, and do iptables and ip say the same?', { timeout: 240_000 }, async () => {
    const pods = (await lab.must(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\\n"}{end}'])).trim().split('\n').map(line => line.split(' ') as [string, string, string])
    const [name, node, address] = pods[0]!
    const [, otherNode, otherAddress] = pods.find(([, on]) => on !== node)!
    await inNetwork('Follow a connection')
    await page.getByLabel('From pod').selectOption(`default/${name}`)
    await page.getByLabel('To', { exact: true }).selectOption('service default/web 80/TCP')
    await page.getByRole('button', { name: 'Follow', exact: true }).click()
    await page.locator('[data-leg="back"] [data-event="delivered"]').waitFor()
    await page.getByLabel('By chance').selectOption(`${otherAddress}:80`)
    const there = page.locator('[data-leg="there"]')
    await there.locator(`[data-event="delivered"][data-at="${otherNode}"]`).waitFor()
    const evidence = async (leg: string, event: string, at: string): Promise<readonly string[]> => page.locator(`[data-leg="${leg}"] [data-event="${event}"][data-at="${at}"] .evidence`).allInnerTexts()
    const rules = (await lab.onNode(node, 'iptables-save', '-t', 'nat')).split('\n')
    for (const event of ['rule', 'chosen', 'translated']) {
      const shown = await evidence('there', event, node)
      expect(shown.length).toBeGreaterThan(0)
      for (const rule of shown) expect(rules).toContain(rule)
    }
    expect((await evidence('there', 'translated', node)).join()).toContain(`--to-destination ${otherAddress}:80`)
    const [via, device] = /via (\S+) dev (\S+)/.exec(await lab.onNode(node, 'ip', 'route', 'get', otherAddress))!.slice(1) as [string, string]
    expect((await evidence('there', 'routed', node)).join()).toContain(`via ${via} dev ${device}`)
    const nodeAddress = async (of: string): Promise<string> => lab.must(['get', 'node', of, '-o', 'jsonpath={.status.addresses[0].address}'])
    const wrapped = there.locator('[data-event="wrapped"]')
    expect(await wrapped.innerText()).toContain(`VXLAN from ${await nodeAddress(node)} to ${await nodeAddress(otherNode)}`)
    const [neighbour, forwarding] = await evidence('there', 'wrapped', node) as [string, string]
    const mac = /lladdr (\S+)/.exec(neighbour)![1]!
    expect(await lab.onNode(node, 'ip', 'neigh', 'show', via)).toContain(mac)
    expect(await lab.onNode(node, 'bridge', 'fdb', 'show', 'dev', device)).toContain(`${mac} dst ${await nodeAddress(otherNode)}`)
    expect(forwarding).toContain(`dst ${await nodeAddress(otherNode)}`)
    const back = page.locator('[data-leg="back"]')
    expect(await back.locator('[data-event="restored"]').innerText()).toContain(await lab.must(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']))
    expect(await back.locator('[data-event="delivered"]').innerText()).toContain(`→ ${address}:`)
    await screenshot(page, 'room-network-connection')
  })

  test('network: who talks to my Service now, and is the map as good as its table?', { timeout: 240_000 }, async () => {
    await inNetwork('Map')
    const map = page.locator('canvas[data-pods]')
    const count = (await lab.must(['get', 'pods', '-A', '-o', 'name'])).trim().split('\n').length
    await expect.poll(async () => Number(await map.getAttribute('data-pods')), { timeout: waitMs }).toBe(count)
    const service = await lab.must(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'])
    await lab.must(['run', 'caller', '--image=busybox', '--restart=Never', '--command', '--', 'sh', '-c', `while true; do wget -q -O /dev/null -T 2 http://${service}/; sleep 0.3; done`])
    await lab.must(['wait', '--for=condition=Ready', 'pod/caller', '--timeout=120s'])
    const caller = await lab.must(['get', 'pod', 'caller', '-o', 'jsonpath={.status.podIP}'])
    await page.getByRole('group', { name: 'Map or table' }).getByRole('button', { name: 'Table' }).click()
    const flow = page.locator(`[data-flow^="${caller} ${service}:80 "]`).first()
    await flow.waitFor()
    expect(await flow.innerText()).toContain('default/caller')
    expect(await flow.innerText()).toContain('default/web:80')
    await page.locator('[data-pod="default/caller"]').getByRole('button').click()
    await page.locator('[data-panel="chosen"]').getByText(caller).waitFor()
    await page.getByRole('group', { name: 'Map or table' }).getByRole('button', { name: 'Map' }).click()
    await screenshot(page, 'room-network')
  })

  test('network: what is inside the packets between the nodes?', { timeout: 240_000 }, async () => {
    const [node, other] = ['node-1', 'node-2']
    const target = await lab.must(['get', 'pods', '-A', '--field-selector', `spec.nodeName=${other}`, '-o', 'jsonpath={.items[0].status.podIP}'])
    await inNetwork('Packets')
    await page.getByLabel('Capture on').selectOption(`node ${node}`)
    await page.getByPlaceholder('Filter, as tcpdump has it').fill('udp port 8472')
    await page.getByRole('button', { name: 'Start', exact: true }).click()
    await eventually('a packet of our own', async () => {
      await lab.onNode(node, 'ping', '-c', '1', '-W', '1', target).catch(() => {})
      return (await page.locator('[data-packet]').filter({ hasText: `> ${target}` }).count()) > 0
    })
    await page.locator('[data-packet]').filter({ hasText: `> ${target}` }).first().getByRole('button').click()
    const inside = page.locator('[data-layer="vxlan"] [data-layer="ip"]')
    await inside.waitFor()
    expect(await inside.innerText()).toContain(`> ${target}`)
    expect(await page.locator('.tree > ul > [data-layer="ip"]').innerText()).toContain(await lab.must(['get', 'node', other, '-o', 'jsonpath={.status.addresses[0].address}']))
    await page.getByRole('button', { name: 'Stop', exact: true }).click()
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Save as pcapng' }).click()])
    const saved = await readFile(await download.path())
    expect(saved.readUInt32LE(0)).toBe(0x0a0d0d0a)
    await screenshot(page, 'room-network-packets')
  })

  test('metrics and log level: how many pods has the scheduler tried to place, and what does it say when it is asked to say more?', { timeout: 180_000 }, async () => {
    await enter('Scheduler')
    await page.getByRole('tab', { name: 'Metrics' }).click()
    const chart = page.locator('[data-chart="scheduler_schedule_attempts_total"]')
    await chart.waitFor()
    expect(await lab.must(['get', '--raw', '/metrics'])).toContain('apiserver_request_total')
    await chart.getByRole('button').click()
    await page.getByLabel('scheduler_schedule_attempts_total: told apart by').selectOption('result')
    await page.getByRole('columnheader', { name: 'scheduled' }).waitFor()
    await screenshot(page, 'room-metrics')
    await page.getByRole('tab', { name: 'Panels' }).click()
    await page.getByLabel('Log level (--v)').selectOption('6')
    await eventually('the component knows', async () => (JSON.parse((await lab.kubarium(['inspect', 'kube-scheduler', 'verbosity', '--name', lab.name, '-o', 'json'])).stdout) as { level: number }).level === 6)
    await page.getByLabel('Log level (--v)').selectOption('2')
  })

  test('DNS: who asked for my Service?', { timeout: 120_000 }, async () => {
    await lab.must(['exec', 'placed', '--', 'wget', '-q', '-O', '/dev/null', 'http://web.default.svc.cluster.local/']).catch(() => {}) // not every image has wget
    await lab.must(['run', 'asker', '--image=busybox', '--restart=Never', '--command', '--', 'nslookup', 'web.default.svc.cluster.local'])
    await enter('DNS')
    const ip = await eventually('the address of the asker', async () => (await lab.must(['get', 'pod', 'asker', '-o', 'jsonpath={.status.podIP}'])) || false)
    await eventually('one of the servers was asked', async () => {
      for (const name of await page.getByLabel('Name server').locator('option').allInnerTexts()) {
        await page.getByLabel('Name server').selectOption(name)
        const row = page.locator('[data-question^="web.default.svc.cluster.local"]').filter({ hasText: ip })
        if (await row.first().waitFor({ timeout: 4_000 }).then(() => true, () => false)) return true
      }
      return false
    })
  })

  test('faults: what does it look like when the scheduler is paused, and is it well again after healing?', { timeout: 180_000 }, async () => {
    const listed = async (): Promise<readonly { id: string; kind: string; phase: string; end: string | null; target: { name?: string } }[]> => JSON.parse((await lab.kubarium(['fault', 'list', '--name', lab.name, '-o', 'json'])).stdout) as never
    await enter('Faults')
    await page.getByRole('searchbox', { name: 'Find a fault' }).fill('component-pause')
    await page.locator('[data-kind="component-pause"]').click()
    const form = page.locator('[data-fault="component-pause"]')
    await form.getByRole('combobox', { name: 'Component' }).selectOption('kube-scheduler')
    await form.getByLabel('Seconds').fill('120')
    await form.getByRole('button', { name: 'Inject', exact: true }).click()
    const running = page.locator('[data-running]')
    await running.getByText('active').waitFor()
    await running.getByText(/[01]:\d\d left/).waitFor()
    const id = (await running.getAttribute('data-running'))!
    expect((await listed()).find(fault => fault.id === id)).toMatchObject({ kind: 'component-pause', phase: 'active', target: { type: 'component', name: 'kube-scheduler' } })
    await page.getByRole('link', { name: /^Scheduler.*running faults: 1/ }).waitFor()
    await lab.must(['run', 'unplaced', '--image=web'])
    await screenshot(page, 'room-faults')
    await page.getByRole('button', { name: 'Heal all' }).click()
    await page.getByText('Nothing is broken on purpose.').waitFor()
    await page.locator(`[data-over="${id}"]`).getByText('healed on request').waitFor()
    expect((await listed()).find(fault => fault.id === id)).toMatchObject({ phase: 'over', end: 'asked' })
    await lab.must(['wait', '--for=condition=PodScheduled', 'pod/unplaced', '--timeout=120s'])
  })

  test('drills: does an expert find in time why a Service selects nobody?', { timeout: 420_000 }, async () => {
    await enter('Drills')
    await page.locator('[data-drill="selector-selects-nothing"]').click()
    const about = page.locator('[data-about="selector-selects-nothing"]')
    await about.getByRole('button', { name: 'Look before it starts' }).click()
    await about.locator('[data-injection="service-selector-wrong"]').waitFor()
    await about.getByRole('button', { name: 'the expert' }).click()
    await about.getByRole('button', { name: 'Run', exact: true }).click()
    const shown = page.locator('[data-run]')
    await shown.locator('[data-probe="web answers"] .pill.bad').waitFor({ timeout: 180_000 })
    await screenshot(page, 'room-drills-broken')
    await shown.locator('[data-score]').waitFor({ timeout: 180_000 })
    await shown.getByRole('button', { name: 'Report as HTML' }).waitFor({ timeout: 180_000 })
    const runs = JSON.parse((await lab.kubarium(['drill', 'runs', '--name', lab.name, '-o', 'json'])).stdout) as readonly { id: string; drill: string; seed: number; verdict: string; score: number; checks: readonly { met: boolean }[] }[]
    const run = runs[0]!
    expect(await shown.getAttribute('data-run')).toBe(run.id)
    expect(run).toMatchObject({ drill: 'selector-selects-nothing', verdict: 'passed', score: 100 })
    expect(await shown.locator('[data-verdict]').innerText()).toMatch(/passed[^]*100 of 100/)
    expect(await shown.locator('[data-check] .pill.good').count()).toBe(run.checks.filter(({ met }) => met).length)
    expect(await shown.locator('[data-row="web answers"] .bar.failed').count()).toBeGreaterThan(0)
    expect(await shown.locator('[data-row="repair"] .mark').count()).toBe(1)
    await page.getByRole('tab', { name: /^Past runs/ }).click()
    await page.locator(`[data-past="${run.id}"]`).getByText('passed').waitFor()
    await screenshot(page, 'room-drills')
  })

  test('no room has an accessibility violation, in either theme', { timeout: 300_000 }, async () => {
    const violations: string[] = []
    for (const theme of ['light', 'dark']) {
      await page.getByLabel('Theme').selectOption(theme)
      for (const link of await page.getByRole('navigation', { name: 'Rooms' }).getByRole('link').all()) {
        const room = await link.innerText()
        await link.click()
        await page.locator('main :is(h1, h2)').first().waitFor()
        await expect.poll(() => page.evaluate(`document.querySelector('.waiting') === null && document.getAnimations().every(animation => animation.playState !== 'running')`), { timeout: waitMs }).toBe(true)
        const axe = new AxeBuilder({ page })
        const result = await (theme === 'light' ? axe.withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']) : axe.withRules(['color-contrast'])).analyze() // nothing else depends on the theme
        violations.push(...result.violations.map(violation => `${theme} ${room}: ${violation.id} ${violation.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`))
      }
    }
    expect(violations).toEqual([])
  })
})
