import '@/ui/fonts';
import '@/ui/base.css';
import './words';
import { mount } from 'svelte';
import App from './App.svelte';

mount(App, { target: document.body });
