// Makes pages quicker and kinder where script runs. Every page works without it.
import { faceErrors } from "./errors.js";
import { watchExit } from "./exit.js";
import { weighFiles } from "./files.js";
import { watchFilters } from "./filters.js";
import { watchIdle } from "./idle.js";
import { offerNearMe } from "./near.js";
import { runPasskeys } from "./passkeys.js";
import { offerPasswords } from "./passwords.js";
import { offerSharing } from "./sharing.js";
import { offerSuggestions } from "./suggestions.js";

document.documentElement.classList.add("js");
faceErrors();
watchExit();
watchFilters();
watchIdle();
offerNearMe();
offerPasswords();
offerSharing();
offerSuggestions();
runPasskeys();
weighFiles();
