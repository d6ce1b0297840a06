/** A lab is made by a form that writes its file: fields and text are views of one another, and the lab host's reader judges both. */
import { describe, expect, test } from 'vitest'
import { readLabText } from '../../electron/labhost/lab/lab-file.ts'
import { labFileChoices } from '../../electron/labhost/lab/lab-spec.ts'
import { startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const reader = { 'labs/file-choices': () => labFileChoices, 'labs/read-file': ({ text }: { readonly text: string }) => readLabText(text), 'labs/up': () => ({ action: 'a1' }) }

describe('a lab by a form', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [twoNodeLab], {}, reader), '#/lab/new', 'New lab')
  const field = (path: string) => gui.page.locator(`[data-field="${path}"]`)
  const state = () => gui.page.locator('[data-file-state]').innerText()
  const text = async () => (await gui.page.locator('.cm-line').allInnerTexts()).join('\n').replaceAll('\n\n', '\n')

  async function fill(path: string, value: string): Promise<void> {
    await field(path).locator('input, textarea').fill(value)
    await gui.page.keyboard.press('Tab')
  }

  /** In the text itself, in place of all of it. */
  async function write(lines: string): Promise<void> {
    await gui.page.locator('.cm-content').click()
    await gui.page.keyboard.press('Control+a')
    await gui.page.keyboard.insertText(lines)
  }

  test('every field is written into the file, and what is made is what the file says', async () => {
    await fill('metadata.name', 'shop')
    await field('spec.provider').locator('select').selectOption('namespace')
    await field('spec.overlay').locator('select').selectOption('host-gw')
    await fill('spec.networks.podCidr', '10.200.0.0/16')
    await field('spec.faultInjection').locator('input').uncheck()
    await fill('spec.components.kube-scheduler.binary', '/opt/kube-scheduler')
    await fill('spec.components.kube-scheduler.flags', 'v=3\nfeature-gates=A=true,B=false')
    await gui.page.getByRole('button', { name: 'Describe each one' }).click()
    await fill('spec.nodes.0.cpus', '3')
    await fill('spec.nodes.0.memoryMiB', '2048')
    await field('spec.nodes.1.provider').locator('select').selectOption('simulated')
    await fill('spec.nodes.1.count', '40')
    await fill('spec.nodes.1.zones', 'a, b')
    await fill('spec.nodes.1.taints', 'batch=only:NoSchedule')
    await gui.page.getByRole('button', { name: 'One more entry' }).click()
    await expect.poll(state).toBe('This makes lab shop with nodes: 42')
    await gui.page.getByRole('button', { name: 'Create the lab' }).click()
    await expect.poll(() => gui.asked('labs/up').length).toBe(1)
    expect(gui.asked('labs/up')).toMatchObject([{ spec: {
      name: 'shop', overlay: 'host-gw', networks: { podCidr: '10.200.0.0/16' }, faultInjection: false,
      components: { 'kube-scheduler': { binary: '/opt/kube-scheduler', flags: { 'v': '3', 'feature-gates': 'A=true,B=false' } } },
      nodes: [{ name: 'node-1', provider: 'namespace', cpus: 3, memoryMiB: 2048 }, { name: 'node-2-1', provider: 'simulated', simulated: { labels: { 'topology.kubernetes.io/zone': 'a' }, taints: [{ key: 'batch', value: 'only', effect: 'NoSchedule' }] } }, ...Array.from({ length: 40 }, () => ({}))],
    } }])
  })

  test('what is more than a field is written as in the file, and nothing is written of what is not YAML', async () => {
    await fill('spec.networks.lans', '- {name: east, cidr: 172.31.0.0/24}')
    await fill('spec.networks.routers', '- {name: r1, joins: [lan, east]}')
    await fill('spec.links', '- {from: node-1, to: "*", delay: {ms: 20}}')
    await fill('spec.simulation', 'seed: [')
    await field('spec.simulation').locator('[data-problem]').waitFor()
    await fill('spec.simulation', 'seed: many')
    await expect.poll(() => field('spec.simulation').locator('[data-problem]').allInnerTexts()).toEqual([expect.stringMatching(/^lab\.yaml:\d+:\d+ /)])
    await fill('spec.simulation', '')
    await gui.page.getByRole('button', { name: 'Create the lab' }).or(gui.page.getByRole('button', { name: 'Bring it up' })).click()
    await expect.poll(() => gui.asked('labs/up')).toMatchObject([{ spec: { networks: { lans: [{ name: 'east' }], routers: [{ name: 'r1' }] }, links: [{ from: 'node-1', delay: { ms: 20 } }] } }])
  })

  test('its making is a time line in the room of the lab', async () => {
    await fill('metadata.name', 'default')
    await expect.poll(state).toContain('This makes lab default')
    await gui.page.getByRole('button', { name: 'Bring it up' }).click()
    const line = gui.page.locator('[data-timeline]')
    await expect.poll(() => line.locator('[data-step="machine"]').innerText()).toMatch(/node-2: starting the machine \(qemu\)\s+300 ms\s+1\.2 s/)
    expect(await gui.page.getByRole('region', { name: 'Under way' }).count()).toBe(0)
  })

  test('a problem is at its field with line and column, in the list, and gone when it is mended; comments stay', async () => {
    await write('# for the workshop\napiVersion: kubarium.dev/v1\nkind: Lab\nmetadata:\n  name: shop # as on the wall\nspec:\n  nodes: many\n  colour: red\n')
    await expect.poll(() => field('spec.nodes').locator('[data-problem]').allInnerTexts()).toEqual(['lab.yaml:7:10 must be a number or a list of nodes, not "many"'])
    expect(await gui.page.getByRole('list', { name: 'Problems: 2' }).getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/^lab\.yaml:8:3: spec\.colour: unknown field; known here: /),
      'lab.yaml:7:10: spec.nodes: must be a number or a list of nodes, not "many"',
    ])
    expect(await gui.page.getByRole('button', { name: 'Create the lab' }).isDisabled()).toBe(true)
    await fill('spec.nodes', '3')
    await expect.poll(state).toBe('Problems: 1')
    expect(await text()).toContain('# for the workshop\napiVersion: kubarium.dev/v1\nkind: Lab\nmetadata:\n  name: shop # as on the wall\nspec:\n  nodes: 3\n  colour: red')
    await write('metadata: [\n')
    await gui.page.getByText('The text is not YAML now.').waitFor()
    expect(await field('metadata.name').locator('input').isDisabled()).toBe(true)
  })

  test('what is not in this version cannot be chosen, and a reload finds the draft', async () => {
    expect(await field('spec.provider').getByRole('option', { name: 'multipass (not in this version)' }).isDisabled()).toBe(true)
    await fill('metadata.name', 'kept')
    await expect.poll(state).toContain('kept')
    await gui.page.reload()
    await expect.poll(() => field('metadata.name').locator('input').inputValue()).toBe('kept')
  })

  test('what is being typed is not lost to an answer that comes meanwhile', async () => {
    await field('metadata.name').locator('input').fill('Bad')
    await gui.page.keyboard.press('Tab')
    await field('metadata.name').locator('input').fill('half')
    await expect.poll(state).toBe('Problems: 1')
    expect(await field('metadata.name').locator('input').inputValue()).toBe('half')
    await gui.page.keyboard.press('Tab')
    await expect.poll(state).toContain('This makes lab half')
  })

  test('a lab that is there is opened as a file', async () => {
    await gui.page.getByRole('button', { name: 'Cancel' }).click()
    await gui.page.getByRole('button', { name: 'As a file' }).click()
    await expect.poll(state).toBe('This makes lab default with nodes: 2')
    expect(await field('spec.nodes.1.name').locator('input').inputValue()).toBe('node-2')
  })

  test('axe finds nothing in the form, with problems and without', async () => {
    expect(await violationsOf(gui.page, 'lab-form', {
      good: async () => {
        await fill('metadata.name', 'shop')
        await expect.poll(() => gui.page.locator('[data-problem]').count()).toBe(0)
      },
      bad: async () => {
        await fill('metadata.name', 'Not A Name')
        await gui.page.locator('[data-problem]').first().waitFor()
      },
    })).toEqual([])
  })
})

describe('where no lab is', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [], {}, reader), '#/lab/new', 'New lab')

  test('the room leads to the form', async () => {
    await gui.page.evaluate(`location.hash = '#/lab'`)
    await gui.page.getByRole('button', { name: 'New lab' }).click()
    await gui.page.locator('[data-lab-form]').waitFor()
  })
})
