/** The page's beginning. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { addTexts, i18n } from '../locales/catalogue.ts'
import LabApp from './LabApp.vue'
import { rooms } from './rooms.ts'
import { router } from './routes.ts'
import './tokens.css'
import './base.css'

for (const { name, texts } of rooms) addTexts(name, texts)
createApp(LabApp).use(createPinia()).use(i18n).use(router).mount('#app')
