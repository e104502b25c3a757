// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "gateway/base/json.h"
#include "gateway/cli/report.h"
#include "gateway/cli/test_words.h"

namespace msggw::cli {
namespace {

using test::contains;

template <class Print>
std::string printed(const std::string& json, const Print& print) {
  std::ostringstream out;
  print(out, base::parse_json(json, {}).value());
  return out.str();
}

TEST_CASE("a message is printed for people, what it carries cannot move the terminal") {
  const std::string json =
      R"({"number":7,"kind":"message_down","privateId":"meter","stage":"waiting","priority":"low",)"
      R"("delivStReqInd":true,"accepted":"2026-01-31T12:00:00Z","expires":"2026-02-01T12:00:00Z",)"
      R"("octets":90,"msgId":"m\u001b[31m","oriAddr":{"addrType":"AS","addr":"as-1"},)"
      R"("destAddr":{"addrType":"UE","addr":"svc"},"content":"a\nb\u009b"})";
  const std::string text = printed(json, print_message);
  CHECK(contains(text, "number            7\n"));
  CHECK(contains(text, "msgId             m\\x1b[31m\n"));
  CHECK(contains(text, "from              AS as-1\n"));
  CHECK(contains(text, "report wanted     yes\n"));
  CHECK(contains(text, "content           a\\x0ab\\xc2\\x9b\n"));
  CHECK_FALSE(contains(text, "cause"));
  const std::string row = printed(json, print_message_row);
  CHECK(contains(row, "7          message_down  meter                     waiting  low       "));
  CHECK(contains(row, "m\\x1b[31m\n"));
}

TEST_CASE("reasons and events are printed for people") {
  const std::string why = printed(
      R"({"privateId":"meter","state":"provisioned","serviceId":"svc","because":["It waits.",)"
      R"("\u001b[31m"],"reachableOver":["coap","mqtt"]})",
      print_why);
  CHECK(why ==
        "meter is provisioned, Service ID svc, reachable over coap, mqtt\nIt waits.\n\\x1b[31m\n");
  const std::string trace = printed(
      R"({"privateId":"meter","state":"provisioned","began":"2026-01-31T12:00:00.000Z","full":true,)"
      R"("messages":[],"events":[{"at":"2026-01-31T12:00:01.000Z","what":"refused","message":0,)"
      R"("kind":"message_up","privateId":"meter","msgId":"m1","why":"NO_RECIPIENT"},)"
      R"({"at":"2026-01-31T12:00:02.000Z","what":"handed","message":3,"kind":"message_down",)"
      R"("privateId":"meter","bearer":"coap"},)"
      R"({"at":"2026-01-31T12:00:03.000Z","times":45,"last":"2026-01-31T12:09:03.000Z",)"
      R"("what":"server_put_off","privateId":"meter","why":"HTTP 503"}]})",
      print_trace);
  CHECK(contains(trace, "newer events"));
  CHECK(contains(trace, "refused         message_up m1 meter: NO_RECIPIENT\n"));
  CHECK(contains(trace, "handed          message_down 3 meter over coap\n"));
  CHECK(contains(trace,
                 "server_put_off  meter: HTTP 503 (45 times, the last at 2026-01-31T12:09:03.000Z)"
                 "\n"));
  std::ostringstream none;
  CHECK_FALSE(print_why(none, base::parse_json("{}", {}).value()));
  CHECK_FALSE(print_trace(none, base::parse_json("[]", {}).value()));
}

}  // namespace
}  // namespace msggw::cli
