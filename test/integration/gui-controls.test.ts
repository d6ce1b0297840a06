/** What may be done in the rooms of components: each with its command, and another program in a component's place. */
import { describe, expect, test } from 'vitest'
import type { SwapCheck } from '../../electron/contract/components.ts'
import { startFakeLabHost, twoNodeLab } from '../fakes/fake-lab-host.ts'
import { pageDir } from './chromium.ts'
import { useGuiPage, violationsOf } from './gui-page.ts'

const binary = '/opt/upstream/kube-scheduler'
const fit: readonly SwapCheck[] = [{ check: 'absolute', ok: true, detail: binary }, { check: 'file', ok: true, detail: 'file' }, { check: 'executable', ok: true, detail: '0755' }, { check: 'version', ok: true, detail: 'Kubernetes v1.36.0' }]
const missing: readonly SwapCheck[] = [{ check: 'absolute', ok: true, detail: '/nowhere' }, { check: 'file', ok: false, detail: 'missing' }]

describe('controls of a component', () => {
  const gui = useGuiPage(() => startFakeLabHost(pageDir, [twoNodeLab], {}, { 'components/swap-check': (given: { binary: string }) => ({ checks: given.binary === binary ? fit : missing }) }), '#/scheduler', 'Scheduler')
  const foot = () => gui.page.locator('[data-clicked]')
  const dialog = () => gui.page.getByRole('dialog', { name: 'Another program for kube-scheduler' })

  test('a program is looked at before it may take the place, and the swap asks for just that', async () => {
    await gui.page.getByRole('button', { name: 'Another program for kube-scheduler' }).click()
    const swapNow = dialog().getByRole('button', { name: 'Swap now' })
    expect(await swapNow.isDisabled()).toBe(true)
    await dialog().getByLabel('The program').fill('/nowhere')
    await dialog().getByRole('button', { name: 'Check it' }).click()
    await dialog().locator('[data-check="file"]').getByText('there is none').waitFor()
    expect(await swapNow.isDisabled()).toBe(true)
    await dialog().getByLabel('The program').fill(binary)
    await dialog().getByRole('button', { name: 'Check it' }).click()
    await dialog().getByText('Kubernetes v1.36.0').waitFor()
    await dialog().getByLabel('More flags').fill('not a flag')
    expect(await swapNow.isDisabled()).toBe(true)
    await dialog().getByLabel('More flags').fill('--v=4')
    expect(await dialog().locator('code').last().innerText()).toBe(`kubarium component swap kube-scheduler --binary ${binary} --flag v=4`)
    await swapNow.click()
    await expect.poll(() => gui.asked('components/swap')).toEqual([{ lab: 'default', component: 'kube-scheduler', program: { binary, flags: { v: '4' } } }])
  })

  test('what stands in is told, and there is a way back', async () => {
    gui.host.become(state => ({ ...state, components: state.components.map(one => (one.name === 'kube-scheduler' ? { ...one, binary } : one)) }))
    await gui.page.locator('[data-swapped]').getByText(binary).waitFor()
    await gui.page.getByRole('button', { name: 'Put our own back' }).click()
    await expect.poll(() => gui.asked('components/swap')).toEqual([{ lab: 'default', component: 'kube-scheduler', program: null }])
    gui.host.become(state => ({ ...state, components: state.components.map(one => (one.name === 'kube-scheduler' ? twoNodeLab.components.find(({ name }) => name === one.name)! : one)) }))
    await dialog().getByText('Our own kube-scheduler runs again and is ready.').waitFor()
  })

  test('where no other program fits, the room says why', async () => {
    await gui.page.evaluate(`location.hash = '#/etcd'`)
    await gui.page.locator('[data-no-swap]').getByText('spec.etcd').waitFor()
    await gui.page.evaluate(`location.hash = '#/kubelet'`)
    await gui.page.locator('[data-no-swap]').getByText('it runs on a node').waitFor()
  })

  test('every action tells its command before it is done, and afterwards to copy', async () => {
    const pause = gui.page.getByRole('button', { name: 'Pause kube-scheduler' })
    await pause.hover()
    await foot().getByText('kubarium component pause kube-scheduler').waitFor()
    await gui.page.getByRole('heading', { name: 'Scheduler' }).hover()
    await expect.poll(() => foot().innerText()).toBe('')
    await pause.click()
    await foot().getByText('What you just clicked, as a command').waitFor()
    await gui.page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await foot().getByRole('button', { name: 'Copy: kubarium component pause kube-scheduler' }).click()
    expect(await gui.page.evaluate('navigator.clipboard.readText()')).toBe('kubarium component pause kube-scheduler')
    await gui.page.getByRole('button', { name: 'Kill kube-scheduler' }).focus()
    await gui.page.keyboard.press('Control+c')
    await expect.poll(() => gui.page.evaluate('navigator.clipboard.readText()')).toBe('kubarium component kill kube-scheduler')
  })

  test('the dialog has no accessibility violation, in both themes and three languages', async () => {
    gui.host.say('components/inspection', { state: 'lost', reason: 'not asked here' })
    expect(await violationsOf(gui.page, 'swap', {
      dialog: async () => {
        await gui.page.keyboard.press('Escape')
        await gui.page.getByRole('dialog').waitFor({ state: 'detached' })
        await gui.page.locator('[data-panel="controls"] [data-command*="component swap"]').click()
        await gui.page.getByRole('dialog').locator('input').fill(binary)
        await gui.page.getByRole('dialog').locator('form button[type="submit"]').click()
        await gui.page.locator('[data-check="version"]').waitFor()
      },
    })).toEqual([])
  })
})
