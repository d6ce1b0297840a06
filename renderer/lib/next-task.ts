/** Lets the page answer its user between two pieces of work. */
import { type Ref, onMounted, ref } from 'vue'

const channel = new MessageChannel()
const waiting: (() => void)[] = []
channel.port1.onmessage = () => { waiting.shift()?.() }

/** Resolves in a task of its own. Not a timer: those come no sooner than 4 ms, and in a hidden page once a second. */
export function nextTask(): Promise<void> {
  return new Promise(resolve => {
    waiting.push(resolve)
    channel.port2.postMessage(null)
  })
}

/** Counts from 0 up to `last`, a task each, once the component is there: what is less urgent is drawn at a later count. */
export function useStages(last: number): Ref<number> {
  const stage = ref(0)
  onMounted(async () => {
    while (stage.value < last) {
      await nextTask()
      stage.value++
    }
  })
  return stage
}
