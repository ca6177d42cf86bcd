/** The text that guardians agree to. A changed text gets a new version: entries of the register name the one agreed to. */
export const FORM_VERSION = '2026-1';
export const PARTS = ['what', 'why', 'who', 'long', 'rights', 'free'] as const;
