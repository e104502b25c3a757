// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "adapters/coap/test_inbox_world.h"

namespace msggw::coap_adapter::test {

inline constexpr int kChanged = 2 << 5 | 4;

/// Pushes that ended so.
inline double pushes(const InboxWorld& world, const std::string& end) {
  return world.metric("msggw_coap_pushes_total{end=\"" + end + "\"}");
}

/// A device that is pushed to at another port than it asks from.
struct Pushed {
  explicit Pushed(InboxWorld& of, const std::string& private_id = "a", const std::string& info = {},
                  const std::string& path = {})
      : world(of), asks(of, of.port()), listens(of, of.port()), name(private_id) {
    registers(path, info);
  }

  std::string base(const std::string& path = {}) const {
    return "coap://127.0.0.1:" + std::to_string(listens.port()) + path;
  }
  Message registers(const std::string& path = {}, const std::string& info = {}) {
    const Message answer =
        asks.ask(request(kPost, "rd?ep=" + name + "&base=" + base(path), ++mid, info));
    REQUIRE(answer.code_text() == "2.01");
    handle = answer.location().substr(1);
    return answer;
  }
  void answer(const Message& push, int code, int type = kAck, std::string_view payload = {}) {
    Message answer;
    answer.type = type;
    answer.payload = payload;
    answer.code = code;
    answer.mid = type == kAck ? push.mid : 500;
    answer.token = push.token;
    listens.send(answer);
  }
  void empty(const Message& of, int type) {
    Message answer;
    answer.type = type;
    answer.mid = of.mid;
    listens.send(answer);
  }
  Message refresh(const std::string& query = {}) {
    return asks.ask(request(kPost, handle + query, ++mid));
  }

  InboxWorld& world;
  Device asks;
  Device listens;
  std::string name;
  std::string handle;
  int mid = 0;
};

}  // namespace msggw::coap_adapter::test
