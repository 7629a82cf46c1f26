"use strict";
(function () {
  var all = function (selector, root) { return Array.prototype.slice.call((root || document).querySelectorAll(selector)); };
  var text = function (element) { return element.textContent.toLowerCase(); };
  var order = { high: 0, medium: 1, low: 2, info: 3 };
  all("form.controls").forEach(function (form) {
    var list = document.getElementById(form.getAttribute("data-for"));
    if (!list) { return; }
    var items = Array.prototype.slice.call(list.children);
    var words = items.map(text);
    var query = form.querySelector("input");
    var severity = form.querySelector("select[name=severity]");
    var sort = form.querySelector("select[name=sort]");
    var output = form.querySelector("output");
    var toggle = form.querySelector("button");
    var key = function (item, name) { return item.getAttribute("data-" + name) || ""; };
    var show = function () {
      var wanted = query.value.trim().toLowerCase();
      var shown = 0;
      items.forEach(function (item, at) {
        var hides = words[at].indexOf(wanted) === -1;
        if (severity) { if (severity.value !== "all") { hides = hides || key(item, "severity") !== severity.value; } }
        item.hidden = hides;
        shown += hides ? 0 : 1;
      });
      output.textContent = shown + " of " + items.length + " shown";
    };
    var arrange = function () {
      var by = sort.value;
      items.map(function (item, at) { return { item: item, at: at }; }).sort(function (a, b) {
        var compared = 0;
        if (by === "severity") { compared = order[key(a.item, "severity")] - order[key(b.item, "severity")]; }
        else if (by === "reach") { compared = Number(key(b.item, "reach")) - Number(key(a.item, "reach")); }
        else if (by !== "given") { compared = key(a.item, by).localeCompare(key(b.item, by)); }
        return compared || a.at - b.at;
      }).forEach(function (entry) { list.appendChild(entry.item); });
    };
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    query.addEventListener("input", show);
    if (severity) { severity.addEventListener("change", show); }
    sort.addEventListener("change", arrange);
    toggle.addEventListener("click", function () {
      var details = all("details", list);
      var opens = details.some(function (one) { return !one.open; });
      details.forEach(function (one) { one.open = opens; });
      toggle.textContent = opens ? "Close all" : "Open all";
    });
    form.hidden = false;
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = all("details:not([open])");
    opened.forEach(function (one) { one.open = true; });
  });
  window.addEventListener("afterprint", function () { opened.forEach(function (one) { one.open = false; }); });
  var reveal = function () {
    var target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    var inside = target ? target.querySelector("details") : null;
    if (inside) { inside.open = true; }
  };
  window.addEventListener("hashchange", reveal);
  reveal();
})();
