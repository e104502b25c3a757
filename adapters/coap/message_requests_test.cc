// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/message_requests.h"

#include <doctest/doctest.h>

#include <set>
#include <vector>

#include "adapters/coap/inbox.h"
#include "gateway/core/gateway.h"

namespace msggw::coap_adapter {
namespace {

using messages::MessageNo;

struct Core {
  base::metrics::Registry metrics;
  core::Gateway gateway{{}, metrics, {}};
  const core::Registrations& registrations = gateway.registrations();

  /// The ETag as `after=` has it.
  std::string after(core::DeviceNo device, MessageNo no) const {
    std::string text;
    for (const char octet : etag_of(registrations, device, no)) {
      text += "0123456789abcdef"[static_cast<unsigned char>(octet) >> 4];
      text += "0123456789abcdef"[octet & 15];
    }
    return text;
  }
};

TEST_CASE("an ETag comes back as the number that it was made of, near the numbers that live") {
  const Core core;
  constexpr core::DeviceNo kDevice{7};
  constexpr std::uint64_t kTurn = std::uint64_t{1} << 32;
  struct Case {
    std::uint64_t number, next;
  };
  for (const auto& [number, next] : std::vector<Case>{{1, 2},
                                                      {1, 1},  // the numbers begin anew
                                                      {kTurn - 1, kTurn - 1},
                                                      {kTurn - 1, kTurn},
                                                      {kTurn - 1, kTurn + 5},
                                                      {kTurn, kTurn + 5},
                                                      {3 * kTurn + 9, 4 * kTurn + 1}}) {
    CAPTURE(number);
    CAPTURE(next);
    const std::string after = core.after(kDevice, MessageNo{number});
    CHECK(read_after(after, core.registrations, kDevice, MessageNo{next}) == MessageNo{number});
    CHECK_FALSE(read_after(after, core.registrations, core::DeviceNo{8}, MessageNo{next}));
    CHECK_FALSE(read_after(after, core.registrations, kDevice, MessageNo{next + 2 * kTurn}));
  }
}

TEST_CASE("what is not an ETag in hexadecimal digits is none") {
  const Core core;
  const std::string good = core.after(core::DeviceNo{0}, MessageNo{1});
  for (const std::string& wrong :
       {std::string(), good.substr(1), good + "0", "0x" + good.substr(2), "-" + good.substr(1),
        std::string(15, '0') + "g", std::string(16, '\0'), std::string(200, 'f')}) {
    CAPTURE(wrong);
    CHECK_FALSE(read_after(wrong, core.registrations, core::DeviceNo{0}, MessageNo{2}));
  }
}

TEST_CASE("a parameter is given once, with a value") {
  const auto read = [](std::vector<std::string_view> queries) {
    const auto value = read_parameter(queries, "after");
    return value ? std::string(*value) : "wrong: " + value.error().detail;
  };
  CHECK(read({}).empty());
  CHECK(read({"x=1", "afterwards=2", "=3"}).empty());
  CHECK(read({"x", "after=a=b"}) == "a=b");
  CHECK(read({"after"}) == "wrong: after is empty");
  CHECK(read({"after="}) == "wrong: after is empty");
  CHECK(read({"after=1", "after=2"}) == "wrong: after is given twice");
}

TEST_CASE("a view is chosen by Accept, else by the registration") {
  coap::Request request;
  CHECK(choose_view(request, false) == View::json);
  CHECK(choose_view(request, true) == View::octets);
  for (const auto& [accept, view] : {std::pair(50, View::json), std::pair(60, View::cbor),
                                     std::pair(0, View::text), std::pair(42, View::octets)}) {
    request.accept = static_cast<std::uint16_t>(accept);
    CHECK(choose_view(request, true) == view);
    CHECK(format_of(view) == accept);
  }
  request.accept = 41;
  CHECK(choose_view(request, true).error().code == base::Errc::incorrect);
}

TEST_CASE("an origin is of one Message ID and one token") {
  std::set<std::string> origins;
  for (const std::uint16_t mid : {1, 256, 257}) {
    for (const std::uint8_t size : {0, 1, 2}) {
      coap::Request request;
      request.mid = mid;
      request.token.size = size;
      origins.insert(origin_of(request));
    }
  }
  CHECK(origins.size() == 9);
}

TEST_CASE("sequence numbers follow the clock and go upwards within one millisecond, also around") {
  Observation observation;
  const auto at = [](std::int64_t ms) { return base::TimePoint{base::Duration{ms}}; };
  CHECK(observation.next_sequence(at(5)) == 5);
  CHECK(observation.next_sequence(at(5)) == 6);
  CHECK(observation.next_sequence(at(6)) == 7);
  CHECK(observation.next_sequence(at(100)) == 100);
  observation.sequence = 0xFF'FFFE;
  CHECK(observation.next_sequence(at(0xFF'FFFF)) == 0xFF'FFFF);
  CHECK(observation.next_sequence(at(0xFF'FFFF)) == 0);
  CHECK(observation.next_sequence(at(0x100'0007)) == 7);
}

TEST_CASE("a refusal has its code, its cause, and a Max-Age where it may come again") {
  const auto told = [](base::Errc code, std::string_view cause, base::Duration retry = {}) {
    coap::Response out;
    describe(messages::Refusal{{code, "why"}, cause, retry}, out);
    return to_text(out.code) + " " + out.payload +
           (out.max_age_s ? " " + std::to_string(*out.max_age_s) : "");
  };
  using base::Errc;
  CHECK(told(Errc::incorrect, "MSG_ID_REUSED") == "4.09 MSG_ID_REUSED: why");
  CHECK(told(Errc::too_large, "PAYLOAD_TOO_LARGE") == "4.13 PAYLOAD_TOO_LARGE: why");
  CHECK(told(Errc::refused, "NO_RECIPIENT") == "4.03 NO_RECIPIENT: why");
  CHECK(told(Errc::overloaded, "DEVICE_QUEUE_FULL", base::Duration{2'500}) ==
        "4.29 DEVICE_QUEUE_FULL: why 3");
  CHECK(told(Errc::overloaded, "QUEUE_FULL") == "5.03 QUEUE_FULL: why 10");
  CHECK(told(Errc::unavailable, "NOT_PROVISIONED") == "5.03 NOT_PROVISIONED: why 10");
}

}  // namespace
}  // namespace msggw::coap_adapter
