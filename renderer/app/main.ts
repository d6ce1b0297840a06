/** The page's beginning. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { nextTask } from '../lib/next-task.ts'
import { addTexts, i18n } from '../locales/catalogue.ts'
import LabApp from './LabApp.vue'
import { rooms } from './rooms.ts'
import { router } from './routes.ts'
import './tokens.css'
import './base.css'

addTexts(rooms)
await nextTask() // reading the program was a task by itself
createApp(LabApp).use(createPinia()).use(i18n).use(router).mount('#app')
