// A registry as a small team would write it with Express: one look-up, its own words for nobody, its own key.
"use strict";

const express = require("express");
const people = require(process.argv[2]);

const app = express();
app.use(express.json());
app.post("/api/person/search", (request, response) => {
  if (request.get("X-Registry-Key") !== "key") {
    return response.status(401).json({ error: "unauthorized" });
  }
  if (request.body.taxId === "0000000000") {
    // The careless kind of error: it tells everybody about whom it failed.
    throw new Error(`cannot find ${request.body.taxId} in table people`);
  }
  const person = people[request.body.taxId];
  if (!person) {
    return response.status(404).json({ error: "person_not_found" });
  }
  return response.json({ data: person });
});
app.listen(0, "127.0.0.1", function listening() {
  console.log(this.address().port);
});
