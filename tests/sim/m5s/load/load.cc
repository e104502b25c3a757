// SPDX-License-Identifier: Apache-2.0
#include "tests/sim/m5s/load/load.h"

#include <unistd.h>

#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "tests/sim/fleet/campaign.h"

namespace msggw::m5s {

namespace {

constexpr std::string_view kMessages = "/msgs-msgdelivery/v1/deliver-ue-message";
constexpr std::string_view kReports = "/msgs-msgdelivery/v1/deliver-report";
constexpr const char* kDeliver[] = {"/msgg-n3gdelivery/v1/deliver-message",
                                    "/msgg-l3gdelivery/v1/deliver-message"};
constexpr const char* kDeliverReport[] = {"/msgg-n3gdelivery/v1/deliver-report",
                                          "/msgg-l3gdelivery/v1/deliver-report"};

bool is_good(unsigned status) {
  return status >= 200 && status < 300;
}

/// Answers that say nothing against the message.
bool is_temporary(unsigned status) {
  return status == 0 || status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

Load::Load(boost::asio::io_context& io, const Options& options, const LoadOptions& load)
    : io_(io),
      options_(load),
      world_(options),
      api_(world_),
      book_(load.ledger),
      pipe_(io, load.answer_within,
            [this](std::uint64_t tag, unsigned status) { answered(tag, status); }),
      again_timer_(io),
      next_timer_(io),
      input_(io) {
  boost::system::error_code no_input;  // /dev/null cannot be waited for
  input_.assign(::dup(commands_.fd()), no_input);
  if (!no_input) read_commands();
  if (!book_.target().empty()) pipe_.set_target(base::parse_uri(book_.target()).value());
  for (std::uint32_t device = 0; device < book_.sent().size(); ++device) {
    const Book::Sent& sent = book_.sent()[device];
    sender_.add_device();
    if (sent.stamp.number == 0) continue;
    sender_.was_sent(device, sent.stamp.number);
    if (!sent.open) continue;
    sender_.goes_on(device);
    again_.emplace_back(Instant(0), Sending{device, sent.stamp});
  }
  for (Owed& owed : book_.take_owed()) owed_.push_back(std::move(owed));
  if (options_.plan.count > 0) sender_.begin(options_.plan, traffic::clock_now());
  boost::asio::post(io_, [this] {
    again();
    go_on();
  });
}

void Load::handle(Request request, const Reply& reply) {
  if (request.target == kMessages) return reply(take_message(request), Way::whole);
  if (request.target == kReports) return reply(take_report(request), Way::whole);
  const Asked asked = api_.read(request);
  Response response = api_.carry_out(asked);
  if (is_good(response.status)) learn(asked);
  reply(std::move(response), Way::whole);
  go_on();
}

Response Load::take_message(const Request& request) {
  const std::string_view body = request.body;
  const std::string_view device = traffic::text_in(body, "addr");  // the first is oriAddr
  const std::string_view id = traffic::text_in(body, "msgId");
  const std::string_view content = traffic::text_in(body, "payload");
  // A phone gives its messages no ids of its own: there the content is the name.
  const auto stamp = traffic::read_id(options_.phones ? content : id);
  if (!stamp) {
    count("a strange message");
    return response_of({400, "MANDATORY_IE_INCORRECT", "no message of this load", "/msgId"});
  }
  if (options_.phones) {
    messages_.add(stamp->at, traffic::clock_now());
    book_.got_text(device, id, content);
    return acknowledge(device, id);
  }
  const bool wants_report = body.find(R"("delivStReqInd":true)") != body.npos;
  messages_.add(stamp->at, traffic::clock_now());
  const bool is_new = book_.got(device, id, wants_report, content.starts_with(id));
  const auto known = book_.find(device);
  if (is_new && wants_report && known) {
    owed_.push_back({*known, std::string(id)});
    plan_next();
  }
  return acknowledge(device, id);
}

Response Load::take_report(const Request& request) {
  const std::string_view body = request.body;
  const std::string_view device = traffic::text_in(body, "addr");
  const std::string_view id = traffic::text_in(body, "msgId");
  const auto stamp = traffic::read_id(id);
  if (!stamp) {
    count("a strange report");
    return response_of({400, "MANDATORY_IE_INCORRECT", "no message of this load", "/msgId"});
  }
  const std::string_view status = traffic::text_in(body, "delivSt");
  reports_.add(stamp->at, traffic::clock_now());
  if (status != kSuccess) count("reported as failed");
  book_.told(device, id, status, traffic::text_in(body, "failureCause"));
  return acknowledge(device, id);
}

Response Load::acknowledge(std::string_view device, std::string_view message_id) const {
  Response response;
  response.fields.emplace_back("content-type", "application/json");
  response.body.reserve(80 + device.size() + message_id.size());
  response.body.append(R"({"oriAddr":{"addrType":"UE","addr":")").append(device);
  response.body.append(R"("},"msgId":")").append(message_id).append(R"("})");
  return response;
}

void Load::learn(const Asked& asked) {
  if (asked.subject.operation != Operation::register_ue &&
      asked.subject.operation != Operation::register_bulk)
    return;
  for (const std::string& id : asked.subject.registered) learn(id);
}

void Load::learn(const std::string& id) {
  const Registration* const registration = world_.registry.find(id, world_.now());
  if (registration == nullptr) return;
  if (book_.add_device(id, base::to_string(registration->target))) sender_.add_device();
  pipe_.set_target(registration->target);
}

/// Sends what may be sent now.
void Load::go_on() {
  is_planned_ = false;
  Instant now = traffic::clock_now();
  while (const auto what = sender_.next(now)) {
    book_.sends(what->device, what->stamp, sender_.plan());
    send(*what);
    now = traffic::clock_now();
  }
  for (; !owed_.empty() && reporting_ < kMostReports; owed_.pop_front())
    report(std::move(owed_.front()));
  if (auto result = sender_.take_result()) traffic::say({{"sent", std::move(*result)}});
  if (!sender_.is_running() || sender_.plan().rate <= 0) return;
  const Instant rest = sender_.next_start(now) - now;
  if (rest <= Instant(0)) return;
  next_timer_.expires_after(rest);
  next_timer_.async_wait([this](const boost::system::error_code& stop) {
    if (!stop) go_on();
  });
}

/// Once for all that is heard in one turn.
void Load::plan_next() {
  if (std::exchange(is_planned_, true)) return;
  boost::asio::post(io_, [this] { go_on(); });
}

void Load::send(const Sending& what) {
  const traffic::Plan& plan = sender_.plan();
  traffic::write_id(what.stamp, id_);
  body_.assign(R"({"oriAddr":{"addrType":"AS","addr":")").append(world_.options().own_server);
  body_.append(R"("},"destAddr":{"addrType":"UE","addr":")").append(book_.id_of(what.device));
  body_.append(R"("},"msgId":")").append(id_);
  body_.append(plan.wants_report(what.stamp.number) ? R"(","delivStReqInd":true,"payload":")"
                                                    : R"(","payload":")");
  body_.append(id_);
  if (id_.size() < plan.octets) body_.append(plan.octets - id_.size(), 'x');
  body_.append(R"("})");
  under_way_.emplace(++last_tag_, what);
  pipe_.post(last_tag_, kDeliver[options_.phones ? 1 : 0], body_, plan.is_high(what.stamp.number));
}

void Load::report(Owed what) {
  ++reporting_;
  body_.assign(R"({"oriAddr":{"addrType":"AS","addr":")").append(world_.options().own_server);
  body_.append(R"("},"destAddr":{"addrType":"UE","addr":")").append(book_.id_of(what.device));
  body_.append(R"("},"msgId":")").append(what.message_id);
  body_.append(R"(","delivSt":")").append(status_of(what)).append(R"("})");
  under_way_.emplace(++last_tag_, std::move(what));
  pipe_.post(last_tag_, kDeliverReport[options_.phones ? 1 : 0], body_, false);
}

std::string_view Load::status_of(const Owed& what) const {
  const auto stamp = traffic::read_id(what.message_id);
  const bool refuses =
      stamp && options_.refuse_every != 0 && stamp->number % options_.refuse_every == 0;
  return refuses ? kFailure : kSuccess;
}

void Load::answered(std::uint64_t tag, unsigned status) {
  const auto found = under_way_.find(tag);
  if (found == under_way_.end()) return;
  Post post = std::move(found->second);
  under_way_.erase(found);
  auto* const owed = std::get_if<Owed>(&post);
  if (owed != nullptr) --reporting_;
  if (is_temporary(status)) {
    count("answered " + std::to_string(status));
    again_.emplace_back(traffic::clock_now() + options_.again, std::move(post));
    if (again_.size() == 1) plan_again(options_.again);
    return;
  }
  if (!is_good(status)) count("refused " + std::to_string(status));
  if (owed != nullptr) {
    book_.reported(*owed, is_good(status) ? status_of(*owed) : "refused");
  } else {
    const auto& sending = std::get<Sending>(post);
    is_good(status) ? book_.taken(sending.device, sending.stamp)
                    : book_.refused(sending.device, sending.stamp, status);
    sender_.taken(sending, traffic::clock_now());
  }
  plan_next();
}

void Load::again() {
  const Instant now = traffic::clock_now();
  while (!again_.empty() && again_.front().first <= now) {
    Post post = std::move(again_.front().second);
    again_.pop_front();
    if (const auto* const sending = std::get_if<Sending>(&post))
      send(*sending);
    else
      owed_.push_back(std::get<Owed>(std::move(post)));
  }
  plan_next();
  if (!again_.empty()) plan_again(again_.front().first - now);
}

void Load::plan_again(Instant in) {
  again_timer_.expires_after(in);
  again_timer_.async_wait([this](const boost::system::error_code& stop) {
    if (!stop) again();
  });
}

void Load::read_commands() {
  input_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [this](const boost::system::error_code& stop) {
                      if (stop) return;
                      const auto commands = commands_.take();
                      if (!commands) return;
                      for (const auto& command : *commands) obey(command);
                      read_commands();
                    });
}

boost::json::object Load::show_counts() const {
  boost::json::object others;
  for (const auto& [name, number] : counts_) others[name] = number;
  return {{"devices", book_.devices()},
          {"messages", messages_.show()},
          {"reports", reports_.show()},
          {"others", std::move(others)},
          {"cpuSeconds", std::chrono::duration<double>(fleet::own_cpu_time()).count()}};
}

void Load::obey(const boost::json::object& command) {
  const auto* const what = command.if_contains("do");
  if (what != nullptr && *what == "count") return traffic::say(show_counts());
  if (what != nullptr && *what == "forget") {
    messages_.forget();
    reports_.forget();
    return counts_.clear();
  }
  if (what == nullptr || *what != "send" || sender_.is_running())
    throw std::runtime_error("the commands are send, one at a time, count and forget");
  const auto plan = traffic::read_plan(command.at("plan"));
  if (!plan) throw std::runtime_error(plan.error().detail);
  sender_.begin(*plan, traffic::clock_now());
  go_on();
}

}  // namespace msggw::m5s
