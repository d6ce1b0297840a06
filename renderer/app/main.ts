/** The page's beginning. */
import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { i18n } from '../locales/catalogue.ts'
import LabApp from './LabApp.vue'
import { router } from './routes.ts'
import './tokens.css'
import './base.css'

createApp(LabApp).use(createPinia()).use(i18n).use(router).mount('#app')
