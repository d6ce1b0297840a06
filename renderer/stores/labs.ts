/** All labs as the lab host reports them, which of them is looked at, and what can be asked of it. */
import { defineStore, storeToRefs } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ArgumentsOf, CallName, ReplyOf } from '../../electron/contract/lab-contract.ts'
import type { LabState, ProgressItem } from '../../electron/contract/labs.ts'
import { useBridge } from '../bridge/use-bridge.ts'
import type { Feed } from '../lib/feed.ts'
import { itemsOf } from '../lib/feed.ts'
import { useNoticesStore } from './notices.ts'
import { usePreferencesStore } from './preferences.ts'

export interface RunningAction {
  readonly id: string
  readonly title: string
  /** The lab whose room shows its course; null: none does. */
  readonly lab: string | null
  readonly items: readonly ProgressItem[]
  readonly isOver: boolean
}

const keptActions = 5

export const useLabsStore = defineStore('labs', () => {
  const bridge = useBridge()
  const notices = useNoticesStore()
  const feed = shallowRef<Feed<LabState>>({ state: 'waiting' })
  const { lab: chosen } = storeToRefs(usePreferencesStore())
  const actions = ref<RunningAction[]>([])
  /** Things a call was made for that has not been answered: node or component names. */
  const asked = ref(new Set<string>())
  const link = ref(bridge.state)

  const labs = computed(() => itemsOf(feed.value))
  const lab = computed(() => labs.value.find(one => one.spec.name === chosen.value) ?? labs.value[0] ?? null)
  const desktopComponents = computed(() => lab.value?.components.filter(component => component.node === null) ?? [])
  const readyNodes = computed(() => lab.value?.nodes.filter(node => node.ready === 'True').length ?? 0)

  bridge.onState(state => { link.value = state })
  bridge.follow('labs/state', { lab: null }, {
    item: items => { feed.value = { state: 'live', items } },
    lost: () => { feed.value = { state: 'lost', items: labs.value, reason: '' } },
    ended: error => { feed.value = { state: 'lost', items: labs.value, reason: error?.message ?? '' } },
  })

  function choose(name: string): void {
    chosen.value = name
  }

  /** Makes the call; what comes of it is seen in the feeds. */
  async function ask<N extends CallName>(name: N, given: ArgumentsOf<N>, about: string): Promise<ReplyOf<N> | undefined> {
    asked.value = new Set(asked.value).add(about)
    try {
      return await bridge.call(name, given)
    } catch (error) {
      notices.tell(error)
      return undefined
    } finally {
      const left = new Set(asked.value)
      left.delete(about)
      asked.value = left
    }
  }

  async function begin(name: 'nodes/start' | 'nodes/stop' | 'nodes/power-off' | 'nodes/reset' | 'nodes/remove', node: string, title: string): Promise<void> {
    if (lab.value === null) return
    const reply = await ask(name, { lab: lab.value.spec.name, node }, node)
    if (reply !== undefined) followAction(reply.action, title)
  }

  async function control(name: 'components/kill' | 'components/restart' | 'components/pause' | 'components/resume', component: string): Promise<void> {
    if (lab.value !== null) await ask(name, { lab: lab.value.spec.name, component }, component)
  }

  function followAction(id: string, title: string, ofLab: string | null = null): void {
    const put = (change: (action: RunningAction) => RunningAction): void => {
      actions.value = actions.value.map(action => (action.id === id ? change(action) : action))
    }
    actions.value = [...actions.value.slice(-keptActions), { id, title, lab: ofLab, items: [], isOver: false }]
    bridge.follow('labs/progress', { action: id }, {
      item: item => { put(action => ({ ...action, items: [...action.items.filter(other => other.step !== item.step), item] })) },
      ended: error => {
        put(action => ({ ...action, isOver: true }))
        if (error !== null) notices.tell(error)
      },
    })
  }

  function dismissAction(id: string): void {
    actions.value = actions.value.filter(action => action.id !== id)
  }

  return { feed, link, labs, lab, desktopComponents, readyNodes, asked, actions, ask, choose, begin, control, followAction, dismissAction }
})
