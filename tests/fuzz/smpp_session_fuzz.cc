// SPDX-License-Identifier: Apache-2.0
// A session, bound or not, with a message under way if it may send one, hears any octets in any
// pieces. The first octet of the input chooses the bind and what the owner does, the second the
// size of the pieces; the rest is the stream.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sms/smpp/session.h"

using namespace msggw::smpp;
using msggw::base::ensure;

namespace {

constexpr msggw::base::TimePoint kStart{msggw::base::Duration{1'700'000'000'000}};
constexpr SessionOptions kOptions{
    .window = 2, .most_unanswered = 3, .most_pdu_octets = 4'096, .most_output_octets = 4'096};

struct Watch {
  std::size_t messages = 0;
  std::size_t ends = 0;
  std::size_t requests = 0;
  std::size_t answers = 0;
  bool closed = false;

  void take(Session& session, msggw::base::TimePoint now) {
    for (const Event& event : session.take_events()) {
      ensure(!closed, "closed is the last event");
      closed = event.kind == Event::Kind::closed;
      if (event.kind == Event::Kind::answered || event.kind == Event::Kind::unanswered) ++ends;
      if (event.kind != Event::Kind::request) continue;
      ++requests;
      if ((event.id & 1) != 0 && session.answer(event.id, Status::ok, now)) ++answers;
    }
    ensure(requests - answers <= kOptions.most_unanswered, "unanswered requests are limited");
    ensure(session.output().size() <= kOptions.most_output_octets + 128, "output is limited");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr Command kBinds[] = {Command::bind_receiver, Command::bind_transmitter,
                                Command::bind_transceiver};
  Session heard(kOptions);
  Watch watch;
  if ((data[0] & 2) != 0) {
    const Command bind = kBinds[data[0] / 4 % 3];
    ensure(heard.bind(bind, {}, kStart).has_value(), "an ESME binds");
    heard.written(heard.output().size());
    std::string bound;
    ensure(append({{response_to(bind), Status::ok, 1}, BindResponse{}}, bound).has_value(), "good");
    heard.received(bound, kStart);
    heard.take_events();
  }
  if (heard.send(Command::submit_sm, {}, 1, kStart)) ++watch.messages;
  std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  auto now = kStart;
  while (!stream.empty()) {
    const std::size_t piece = std::min<std::size_t>(stream.size(), data[1] + 1U);
    heard.received(stream.substr(0, piece), now);
    stream.remove_prefix(piece);
    watch.take(heard, now);
    now += std::chrono::seconds(data[1] % 8);
    heard.tick(now);
    watch.take(heard, now);
    if ((data[0] & 0x40) != 0) heard.written(heard.output().size());
  }
  if ((data[0] & 0x80) != 0) heard.unbind(now);
  for (int turns = 0; turns < 20 && heard.next_deadline(); ++turns) {
    now = std::max(now, *heard.next_deadline());
    heard.tick(now);
    watch.take(heard, now);
  }
  heard.cut(now);
  watch.take(heard, now);
  ensure(watch.closed && watch.ends == watch.messages, "every message has one end");
  return 0;
}
