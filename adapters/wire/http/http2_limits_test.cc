// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "adapters/wire/http/http2_session.h"
#include "adapters/wire/http/test_frames.h"

namespace msggw::http {
namespace {

using namespace std::string_literals;
using namespace test;
using std::chrono::milliseconds;

/// :method GET (or POST), :scheme http, :path /, and :authority x, without a table.
std::string header(bool post = false) {
  return (post ? "\x83"s : "\x82"s) + "\x86\x84\x01\x01x"s;
}

/// A session and the octets of a client that keeps to no rule.
class Peer {
 public:
  explicit Peer(ServerOptions options = {}) : options_(std::move(options)) {
    say("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(kSettings, 0, 0));
  }

  void say(const std::string& octets) {
    session_.receive(octets);
    while (const auto request = session_.take()) {
      if (hold) continue;
      session_.respond(request->second, {200, "text/plain", std::string(answer_octets, 'a'), {}});
    }
    session_.flush();
    for (const auto& part : out_.buffers())
      heard.append(static_cast<const char*>(part.data()), part.size());
    out_.clear();
  }
  /// How often `octets` are taken, at most `most` times.
  int flood(const std::string& octets, int most = 10'000) {
    int taken = 0;
    while (taken < most && !session_.closing()) ++taken, say(octets);
    return taken;
  }
  void pass(milliseconds time) {
    time_.now += time;
    session_.check_time();
    say("");
  }
  bool was_told_to_calm_down() const {
    return heard.find("\x07\0\0\0\0\0"s) != std::string::npos && heard.ends_with(number(11));
  }
  double floods() const {
    for (const auto& family : registry_.Collect()) {
      for (const auto& metric : family.metric) {
        for (const auto& label : metric.label)
          if (label.value == "flood") return metric.counter.value;
      }
    }
    return -1;
  }

  Http2Session& session() { return session_; }
  SessionContext& context() { return context_; }
  std::string heard;
  std::size_t answer_octets = 10;
  bool hold = false;

 private:
  static CoarseTime begin() {
    CoarseTime time;
    time.update();
    return time;
  }

  ServerOptions options_;
  base::metrics::Registry registry_;
  Counters counters_{registry_, "test"};
  CoarseTime time_ = begin();
  SessionContext context_{options_, counters_, time_};
  Output out_;
  Http2Session session_{context_, out_};
};

TEST_CASE("frames that bring nothing end the connection") {
  const std::string open = frame(kHeaders, kEndHeaders, 1, header(true));
  const struct {
    const char* what;
    std::string before;
    std::string again;
  } cases[] = {
      {"PRIORITY", "", frame(kPriority, 0, 3, number(0) + "\x01")},
      {"PRIORITY_UPDATE", "", frame(kPriorityUpdate, 0, 0, number(3) + "u=1")},
      {"WINDOW_UPDATE", "", frame(kWindowUpdate, 0, 0, number(1))},
      {"WINDOW_UPDATE of a stream", open, frame(kWindowUpdate, 0, 1, number(1))},
      {"PING", "", frame(kPing, 0, 0, "12345678")},
      {"answer to a PING that was not sent", "", frame(kPing, 1, 0, "12345678")},
      {"SETTINGS", "", frame(kSettings, 0, 0, "\0\4"s + number(100))},
      {"empty SETTINGS", "", frame(kSettings, 0, 0)},
      {"empty DATA", open, frame(kData, 0, 1)},
      {"padding", open, frame(kData, 8, 1, "\xc8" + std::string(200, '\0'))},
      {"DATA of an octet", open, frame(kData, 0, 1, "x")},
      {"unknown", "", frame(0xfa, 0, 0)},
      {"unknown on a stream", open, frame(0xfa, 0xff, 1, "what?")},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.what));
    Peer peer;
    peer.say(c.before);
    CHECK(peer.flood(c.again) < 2'600);
    CHECK(peer.session().closing());
    CHECK(peer.was_told_to_calm_down());
    CHECK(peer.floods() == 1);
    CHECK(peer.context().buffered.taken() <= kRequestOctets + 2'600);
    CHECK(peer.flood("more") == 0);
  }
}

TEST_CASE("a header without an end ends the connection") {
  Peer peer;
  peer.say(frame(kHeaders, 0, 1, header()));
  CHECK(peer.flood(frame(kContinuation, 0, 1)) < 2'100);  // nghttp2 takes fewer
  CHECK(peer.session().closing());
}

TEST_CASE("the longer a frame that brings nothing, the more it counts") {
  Peer peer;
  CHECK(peer.flood(frame(0xfa, 0, 0, std::string(16'000, 'u'))) < 20);
  CHECK(peer.was_told_to_calm_down());
}

TEST_CASE("streams that are begun and reset end the connection") {
  for (const bool hold : {false, true}) {
    CAPTURE(hold);
    Peer peer;
    peer.hold = hold;
    int begun = 0;
    for (std::uint32_t id = 1; begun < 5'000 && !peer.session().closing(); id += 2, ++begun)
      peer.say(frame(kHeaders, kEndHeaders | kEndStream, id, header()) +
               frame(kReset, 0, id, number(8)));
    CHECK(begun < 1'500);
    CHECK(peer.was_told_to_calm_down());
    CHECK(peer.context().buffered.taken() == 0);
  }
}

TEST_CASE("a little HPACK that means a lot ends the connection") {
  // A field of 4,000 octets goes into the table; from then on an octet each names it.
  const std::string large = "\x40\x01n\x7f\xa1\x1e"s + std::string(4'000, 'v');
  for (const bool trailer : {false, true}) {
    CAPTURE(trailer);
    Peer peer;
    peer.say(frame(kHeaders, kEndHeaders, 1, header(true) + large));
    REQUIRE_FALSE(peer.session().closing());
    const std::string many(8'000, '\xbe');
    peer.say(trailer ? frame(kHeaders, kEndHeaders | kEndStream, 1, many)
                     : frame(kHeaders, kEndHeaders | kEndStream, 3, header() + many));
    CHECK(peer.was_told_to_calm_down());
    CHECK(peer.floods() == 1);
  }
}

TEST_CASE("who asks and reads has no need to count frames") {
  Peer peer;
  peer.answer_octets = 5'000;
  for (std::uint32_t id = 1; id < 20'000; id += 2) {
    peer.say(frame(kPriority, 0, id, number(0) + "\x01") +
             frame(kHeaders, kEndHeaders, id, header(true)) + frame(kData, 0, id, "body") +
             frame(kData, kEndStream, id) + frame(kWindowUpdate, 0, 0, number(2'500)) +
             frame(kWindowUpdate, 0, 0, number(2'500)) + frame(kPing, 0, 0, "12345678"));
    peer.heard.clear();
  }
  CHECK_FALSE(peer.session().closing());
  CHECK(peer.floods() == 0);
}

TEST_CASE("time gives frames back") {
  Peer peer;
  const std::string ping = frame(kPing, 0, 0, "12345678");
  for (int second = 0; second < 100; ++second) {
    for (int i = 0; i < 40; ++i) peer.say(ping + frame(0xfa, 0, 0));
    peer.say(frame(kHeaders, kEndHeaders | kEndStream, 1 + 2 * static_cast<std::uint32_t>(second),
                   header()));
    peer.pass(milliseconds(2'000));
  }
  CHECK_FALSE(peer.session().closing());
}

TEST_CASE("only requests keep a connection") {
  ServerOptions options;
  options.header_timeout = milliseconds(1'000);
  options.idle_timeout = milliseconds(10'000);
  const std::string useless = frame(kPing, 0, 0, "12345678") +
                              frame(kWindowUpdate, 0, 0, number(1)) + frame(kSettings, 0, 0) +
                              frame(0xfa, 0, 0);
  Peer silent(options);
  for (int i = 0; i < 3; ++i) silent.pass(milliseconds(400)), silent.say(useless);
  CHECK(silent.session().closing());  // a first request has no longer than on HTTP/1.1

  Peer once(options);
  once.say(frame(kHeaders, kEndHeaders | kEndStream, 1, header()));
  for (int i = 0; i < 9; ++i) once.pass(milliseconds(1'000)), once.say(useless);
  CHECK_FALSE(once.session().closing());
  // Neither is a request that is taken back, nor one that is refused, one that was asked.
  once.say(frame(kHeaders, kEndHeaders, 3, header(true)) + frame(kReset, 0, 3, number(8)));
  once.pass(milliseconds(1'500));
  CHECK(once.session().closing());
}

TEST_CASE("what a client does not take is counted until it is gone, and has a time") {
  ServerOptions options;
  options.write_timeout = milliseconds(1'000);
  Peer peer(options);
  peer.say(frame(kSettings, 0, 0, "\0\4"s + number(0)));  // a window of none
  peer.answer_octets = 100'000;
  peer.say(frame(kHeaders, kEndHeaders | kEndStream, 1, header()));
  peer.say(frame(kHeaders, kEndHeaders | kEndStream, 3, header()));
  CHECK(peer.session().unread() == 2 * (kAnswerOctets + 100'000));
  CHECK(peer.context().buffered.taken() == 0);  // the requests are not kept any longer
  peer.say(frame(kWindowUpdate, 0, 1, number(40'000)));
  CHECK(peer.session().unread() == 2 * kAnswerOctets + 160'000);
  peer.say(frame(kReset, 0, 3, number(8)));
  CHECK(peer.session().unread() == kAnswerOctets + 60'000);
  // An octet now and then gains no time.
  for (int i = 0; i < 12; ++i)
    peer.pass(milliseconds(100)), peer.say(frame(kWindowUpdate, 0, 1, number(1)));
  CHECK(peer.session().unread() == 0);
}

}  // namespace
}  // namespace msggw::http
