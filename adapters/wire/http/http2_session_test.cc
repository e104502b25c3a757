// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/http/http2_session.h"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace msggw::http {
namespace {

using std::chrono::milliseconds;
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Answer {
  std::map<std::string, std::string> fields;
  std::vector<std::string> statuses;  // 100 comes before the other
  std::string body;
  bool closed = false;
  std::uint32_t error = 0;
};

/// nghttp2's client in conversation with a session, without sockets.
class Dialogue {
 public:
  explicit Dialogue(ServerOptions options = {}, std::vector<nghttp2_settings_entry> settings = {})
      : options_(std::move(options)) {
    time_.update();
    session_ = std::make_unique<Http2Session>(context_, out_);
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_http_messaging(option, 1);  // so that it sends what it should not
    nghttp2_session* client = nullptr;
    nghttp2_session_client_new2(&client, callbacks, this, option);
    client_.reset(client);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(client, 0, settings.data(), settings.size());
    pump();
  }

  /// Sends a request; `open` leaves its body unfinished.
  std::int32_t request(const std::string& method, const std::string& path, Fields more = {},
                       std::string body = "", bool open = false) {
    Fields fields = {
        {":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "x"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return request(fields, std::move(body), open);
  }
  std::int32_t request(const Fields& fields, std::string body, bool open) {
    std::vector<nghttp2_nv> raw;
    const auto octets = [](const std::string& text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
    };
    for (const auto& [name, value] : fields) {
      raw.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    bodies_.push_back(std::make_unique<Body>(Body{std::move(body), open}));
    nghttp2_data_provider provider{};
    provider.source.ptr = bodies_.back().get();
    provider.read_callback = read_body;
    const bool none = bodies_.back()->octets.empty() && !open;
    const auto id = nghttp2_submit_request(client_.get(), nullptr, raw.data(), raw.size(),
                                           none ? nullptr : &provider, nullptr);
    pump();
    return id;
  }

  void pump() {
    for (bool moved = true; moved;) {
      moved = false;
      const std::uint8_t* octets = nullptr;
      for (ssize_t size = 0; (size = nghttp2_session_mem_send(client_.get(), &octets)) > 0;) {
        session_->receive({reinterpret_cast<const char*>(octets), static_cast<std::size_t>(size)});
        moved = true;
      }
      serve();
      session_->flush();
      for (const auto& part : out_.buffers()) {
        nghttp2_session_mem_recv(client_.get(), static_cast<const std::uint8_t*>(part.data()),
                                 part.size());
        moved = true;
      }
      out_.clear();
    }
  }

  void pass(milliseconds time) {
    time_.now += time;
    session_->check_time();
    pump();
  }

  nghttp2_session* client() { return client_.get(); }
  Http2Session& session() { return *session_; }
  SessionContext& context() { return context_; }
  std::map<std::int32_t, Answer> answers;
  std::vector<std::uint64_t> held;
  std::string last_body;
  std::string last_priority;
  bool hold = false;
  bool goaway = false;

 private:
  struct Body {
    std::string octets;
    bool open;
    std::size_t sent = 0;
  };

  void serve() {
    while (const auto request = session_->take()) {
      if (hold) {
        held.push_back(request->second);
        continue;
      }
      last_body = request->first.body;
      last_priority = request->first.message_priority;
      const auto path =
          std::string(request->first.path) + "," + std::string(request->first.content_type);
      session_->respond(request->second, {200, "text/plain", path, {{"location", "/there"}}});
    }
  }

  static Dialogue& self(void* user) { return *static_cast<Dialogue*>(user); }
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    auto& answer = self(user).answers[frame->hd.stream_id];
    const std::string field(reinterpret_cast<const char*>(name), name_size);
    const std::string text(reinterpret_cast<const char*>(value), value_size);
    if (field == ":status") answer.statuses.push_back(text);
    answer.fields[field] = text;
    return 0;
  }
  static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                     std::size_t size, void* user) {
    self(user).answers[id].body.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
    self(user).answers[id].closed = true;
    self(user).answers[id].error = error;
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) self(user).goaway = true;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t most,
                           std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& body = *static_cast<Body*>(source->ptr);
    const std::size_t size = std::min(most, body.octets.size() - body.sent);
    std::copy_n(body.octets.data() + body.sent, size, into);
    body.sent += size;
    if (body.sent < body.octets.size()) return static_cast<ssize_t>(size);
    if (!body.open) *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (body.open && size == 0) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(size);
  }

  ServerOptions options_;
  base::metrics::Registry registry_;
  Counters counters_{registry_, "test"};
  CoarseTime time_;
  SessionContext context_{options_, counters_, time_};
  Output out_;
  std::vector<std::unique_ptr<Body>> bodies_;
  std::unique_ptr<Http2Session> session_;
  base::Handle<nghttp2_session, nghttp2_session_del> client_;
};

TEST_CASE("requests and answers") {
  Dialogue dialogue;
  const auto id = dialogue.request(
      "POST", "/a?b",
      {{"content-type", "c/d"}, {"content-length", "5"}, {"3gpp-sbi-message-priority", "31"}},
      "hello");
  Answer& answer = dialogue.answers[id];
  CHECK(answer.fields[":status"] == "200");
  CHECK(answer.fields["content-length"] == "6");
  CHECK(answer.fields["location"] == "/there");
  CHECK(answer.fields["date"].size() == 29);
  CHECK(answer.body == "/a,c/d");
  CHECK(dialogue.last_body == "hello");
  CHECK(dialogue.last_priority == "31");
  CHECK(answer.closed);
  CHECK(answer.error == NGHTTP2_NO_ERROR);
  const auto head = dialogue.request("HEAD", "/h");
  CHECK(dialogue.answers[head].fields["content-length"] == "3");
  CHECK(dialogue.answers[head].body.empty());
  CHECK(dialogue.last_priority.empty());
  CHECK(dialogue.session().idle());
  CHECK(dialogue.context().buffered.taken() == 0);
}

TEST_CASE("streams are answered in any order, each once, and not after they were reset") {
  Dialogue dialogue;
  dialogue.hold = true;
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(dialogue.request("POST", "/", {}, "b"));
  REQUIRE(dialogue.held.size() == 100);
  const std::size_t each = kRequestOctets + std::string_view("/xb").size();
  CHECK(dialogue.context().buffered.taken() == 100 * each);
  nghttp2_submit_rst_stream(dialogue.client(), 0, ids[50], NGHTTP2_CANCEL);
  dialogue.pump();
  CHECK(dialogue.context().buffered.taken() == 99 * each);
  for (std::size_t i = 100; i-- > 0;) {
    const bool there = i != 50;
    CHECK(dialogue.session().respond(dialogue.held[i], {200, "", std::to_string(i), {}}) == there);
    CHECK_FALSE(dialogue.session().respond(dialogue.held[i], {}));
  }
  CHECK_FALSE(dialogue.session().respond(12345, {}));
  dialogue.pump();
  for (std::size_t i = 0; i < 100; ++i) {
    if (i != 50) CHECK(dialogue.answers[ids[i]].body == std::to_string(i));
  }
  CHECK(dialogue.session().idle());
}

TEST_CASE("malformed requests are stream errors and are not given out") {
  const Fields good = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "x"}};
  std::vector<Fields> bad(7, good);
  bad[0].erase(bad[0].begin());      // no method
  bad[1].erase(bad[1].begin() + 2);  // no path
  bad[2].emplace_back(":unknown", "pseudo");
  bad[3].emplace_back("connection", "close");
  bad[4].emplace_back("content-length", "7");  // the body has 4
  bad[5].emplace_back("content-length", "x");
  bad[6].emplace_back("a", std::string("b\0c", 3));
  for (std::size_t i = 0; i < bad.size(); ++i) {
    CAPTURE(i);
    Dialogue dialogue;
    const auto id = dialogue.request(bad[i], "body", false);
    CHECK(dialogue.answers[id].closed);
    CHECK(dialogue.answers[id].error == NGHTTP2_PROTOCOL_ERROR);
    CHECK(dialogue.last_body.empty());
    CHECK(dialogue.context().buffered.taken() == 0);
    CHECK(dialogue.answers[dialogue.request("GET", "/next")].body == "/next,");
  }
}

TEST_CASE("refusals by limit are answers") {
  ServerOptions options;
  options.max_header_octets = 2'000;
  options.max_body_octets = 100;
  options.max_buffered_octets = 2 * (150 + 2 * kRequestOctets);
  const struct {
    Fields fields;
    std::size_t body;
    const char* status;
  } cases[] = {
      {{{"a", std::string(2'000, 'a')}}, 0, "431"},
      {{{"content-length", "101"}}, 101, "413"},
      {{}, 101, "413"},
      {{}, 100'000, "413"},
      {{{"content-encoding", "gzip"}}, 5, "415"},
      {{{"expect", "other"}}, 5, "417"},
      {{{"content-type", "a"}, {"content-type", "b"}}, 5, "400"},
  };
  for (const auto& c : cases) {
    CAPTURE(std::string(c.status));
    Dialogue dialogue(options);
    const auto id = dialogue.request("POST", "/", c.fields, std::string(c.body, 'b'));
    CHECK(dialogue.answers[id].fields[":status"] == c.status);
    CHECK(dialogue.answers[id].fields["content-type"] == "application/problem+json");
    CHECK(dialogue.context().buffered.taken() == 0);
    CHECK(dialogue.answers[dialogue.request("GET", "/next")].body == "/next,");
  }
  Dialogue dialogue(options);
  dialogue.hold = true;
  dialogue.request("POST", "/", {}, std::string(100, 'b'));
  const auto second = dialogue.request("POST", "/", {}, std::string(100, 'b'));
  CHECK(dialogue.answers[second].fields[":status"] == "503");
  CHECK(dialogue.answers[second].fields["retry-after"] == "1");
  const auto no_path = dialogue.request("GET", "x");
  CHECK(dialogue.answers[no_path].fields[":status"] != "200");
}

TEST_CASE("more streams than allowed are refused") {
  ServerOptions options;
  options.max_streams = 3;
  Dialogue dialogue(options);
  dialogue.hold = true;
  for (int i = 0; i < 5; ++i) dialogue.request("GET", "/");
  CHECK(dialogue.held.size() == 3);
}

TEST_CASE("100-continue") {
  Dialogue dialogue;
  const auto id = dialogue.request("POST", "/", {{"expect", "100-continue"}}, "body");
  CHECK(dialogue.answers[id].statuses == std::vector<std::string>{"100", "200"});
}

TEST_CASE("an upload after its answer is taken for a while, then declined") {
  ServerOptions options;
  options.max_body_octets = 10;
  Dialogue endless(options);
  const auto id = endless.request("POST", "/", {}, std::string(3'000'000, 'e'), true);
  CHECK(endless.answers[id].fields[":status"] == "413");
  CHECK(endless.answers[id].closed);
  CHECK(endless.answers[id].error == NGHTTP2_NO_ERROR);
  Dialogue stuck(options);
  const auto other = stuck.request("POST", "/", {}, std::string(20, 'e'), true);
  CHECK(stuck.answers[other].fields[":status"] == "413");
  CHECK_FALSE(stuck.answers[other].closed);
  stuck.pass(milliseconds(2'100));
  CHECK(stuck.answers[other].closed);
}

TEST_CASE("time") {
  ServerOptions options;
  options.header_timeout = milliseconds(100);
  options.idle_timeout = milliseconds(1'000);
  options.write_timeout = milliseconds(500);
  Dialogue slow(options);
  const auto id = slow.request("POST", "/", {}, "half", true);
  slow.pass(milliseconds(90));
  CHECK(slow.answers[id].fields.empty());
  slow.pass(milliseconds(20));
  CHECK(slow.answers[id].fields[":status"] == "408");

  Dialogue idle(options);
  idle.request("GET", "/");
  idle.pass(milliseconds(1'100));
  CHECK(idle.session().closing());
  CHECK(idle.goaway);

  Dialogue busy(options);
  busy.hold = true;
  busy.request("GET", "/");
  busy.pass(milliseconds(10'000));
  CHECK_FALSE(busy.session().closing());

  Dialogue no_window(options, {{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}});
  const auto blocked = no_window.request("GET", "/");
  CHECK(no_window.answers[blocked].fields[":status"] == "200");
  CHECK_FALSE(no_window.answers[blocked].closed);
  no_window.pass(milliseconds(600));
  CHECK(no_window.answers[blocked].closed);
  CHECK(no_window.answers[blocked].error == NGHTTP2_CANCEL);
}

}  // namespace
}  // namespace msggw::http
