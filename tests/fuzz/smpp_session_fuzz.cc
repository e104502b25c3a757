// A session that is bound, with a message under way, hears any octets in any pieces. The first
// octet of the input chooses role and bind, the second the size of the pieces; the rest is the
// stream.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "adapters/sms/smpp/session.h"

using namespace msggw::smpp;
using msggw::base::ensure;

namespace {

constexpr msggw::base::TimePoint kStart{msggw::base::Duration{1'700'000'000'000}};
constexpr SessionOptions kOptions{
    .window = 2, .most_unanswered = 3, .most_pdu_octets = 4'096, .most_output_octets = 4'096};

void join(Session& from, Session& to) {
  to.received(from.output(), kStart);
  from.written(from.output().size());
}

struct Watch {
  std::size_t messages = 0;
  std::size_t ends = 0;
  bool closed = false;

  void take(Session& session, msggw::base::TimePoint now) {
    for (const Event& event : session.take_events()) {
      ensure(!closed, "closed is the last event");
      closed = event.kind == Event::Kind::closed;
      if (event.kind == Event::Kind::answered || event.kind == Event::Kind::unanswered) ++ends;
      if (event.kind == Event::Kind::request && (event.id & 1) != 0)
        session.answer(event.id, Status::ok, "id", now);
      if (event.kind == Event::Kind::bind_asked)
        session.answer_bind(event.id, Status::ok, "id", now);
    }
    ensure(session.unanswered() <= kOptions.most_unanswered, "unanswered requests are limited");
    ensure(session.output().size() <= kOptions.most_output_octets + 128, "output is limited");
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  constexpr Command kBinds[] = {Command::bind_receiver, Command::bind_transmitter,
                                Command::bind_transceiver};
  Session esme(Role::esme, kOptions, kStart);
  Session smsc(Role::smsc, kOptions, kStart);
  Session& heard = (data[0] & 1) != 0 ? esme : smsc;
  Watch watch;
  if ((data[0] & 2) != 0) {
    ensure(esme.bind(kBinds[data[0] / 4 % 3], {}, kStart).has_value(), "an ESME binds");
    join(esme, smsc);
    for (const Event& event : smsc.take_events())
      smsc.answer_bind(event.id, Status::ok, "", kStart);
    join(smsc, esme);
    esme.take_events();
  }
  const Command message = &heard == &esme ? Command::submit_sm : Command::deliver_sm;
  if (heard.send(message, {}, 1, kStart)) ++watch.messages;
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
