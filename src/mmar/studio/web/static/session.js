// The session: requests that survive its end, and logging in again without leaving the page.
"use strict";
window.studio = window.studio ?? {};
(() => {
  const body = document.body;
  const dialog = document.getElementById("login-dialog");

  const setToken = (token) => {
    body.dataset.csrf = token;
    document.querySelectorAll("input[name=csrf]").forEach((field) => {
      field.value = token;
    });
  };

  // Whether the person that the page was made for is still logged in; takes over the token of a newer session.
  const sessionIsValid = async () => {
    const response = await fetch("/session", { headers: { Accept: "application/json" } });
    if (!response.ok) return false;
    const session = await response.json();
    if (session.login !== body.dataset.login) return false;
    setToken(session.csrf);
    return true;
  };

  const askForPassword = () =>
    new Promise((resolve) => {
      const form = dialog.querySelector("form");
      const problem = dialog.querySelector("[role=alert]");
      const submit = async (event) => {
        event.preventDefault();
        try {
          const response = await fetch("/login", {
            method: "POST",
            body: new FormData(form),
            headers: { Accept: "application/json" },
          });
          const answer = await response.json();
          if (!response.ok) throw new Error(answer.error.message);
          setToken(answer.csrf);
          dialog.close("ok");
        } catch (error) {
          const offline = error instanceof TypeError;
          problem.textContent = offline ? "The server cannot be reached. Try again." : error.message;
          problem.hidden = false;
          form.elements.password.select();
        }
      };
      const finish = () => {
        form.removeEventListener("submit", submit);
        form.elements.password.value = "";
        problem.hidden = true;
        resolve(dialog.returnValue === "ok");
      };
      dialog.returnValue = "";
      form.addEventListener("submit", submit);
      dialog.addEventListener("close", finish, { once: true });
      dialog.showModal();
    });

  dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close(""));

  // Asks for the password in a dialog; several requests that fail at once share it.
  let asking = null;
  studio.logIn = () => {
    asking ??= askForPassword().finally(() => {
      asking = null;
    });
    return asking;
  };

  // Makes sure of a session and a valid token. Throws a TypeError when the server cannot be reached.
  studio.ensureSession = async () => (await sessionIsValid()) || studio.logIn();

  // Like fetch for a POST of a form; logs in again and repeats the request where the session has ended.
  studio.post = async (url, makeBody, options = {}) => {
    const send = () =>
      fetch(url, {
        method: "POST",
        body: makeBody(),
        headers: { "X-CSRF-Token": body.dataset.csrf, Accept: "application/json" },
        ...options,
      });
    const response = await send();
    return sessionEnded(response) && (await studio.ensureSession()) ? send() : response;
  };

  const sessionEnded = ({ status, headers }) =>
    status === 401 || (status === 403 && headers.get("x-error-code") === "forged-request");

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = body.dataset.csrf;
  });
  document.addEventListener("htmx:sendError", () => {
    studio.notify("The server cannot be reached. What you typed is still here.");
  });
  document.addEventListener("htmx:responseError", async (event) => {
    const { xhr, requestConfig, elt } = event.detail;
    const headers = { get: (name) => xhr.getResponseHeader(name) };
    if (!body.dataset.login || !sessionEnded({ status: xhr.status, headers })) {
      studio.notify(xhr.responseText.slice(0, 400));
    } else if (await studio.ensureSession()) {
      const trigger = requestConfig.triggeringEvent?.type;
      if (trigger === "submit" || trigger === "click") htmx.trigger(elt, trigger);
    }
  });

  // A form is sent only once it is sure that it will arrive: a redirect to the login page would lose what was typed.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    const { submitter } = event;
    if (
      event.defaultPrevented ||
      form.method !== "post" ||
      form.hasAttribute("hx-post") ||
      !body.dataset.login
    )
      return;
    if ("confirmed" in form.dataset) return;
    event.preventDefault();
    if ("checking" in form.dataset) return;
    form.dataset.checking = "";
    try {
      const ready = studio.flush ? await studio.flush(form) : true;
      if (!ready || !(await studio.ensureSession())) return;
      form.dataset.confirmed = "";
      form.requestSubmit(submitter);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      studio.notify("The server cannot be reached. What you typed is still here; try again.");
    } finally {
      delete form.dataset.checking;
      delete form.dataset.confirmed;
    }
  });
})();
