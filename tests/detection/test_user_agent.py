"""The user-agent classifier, on headers that real clients send."""

import pytest

from detection.user_agent import (
    AgentClass,
    AgentClassifier,
    came_by_link,
    classify_user_agent,
    parse_agent_class,
)

_ANDROID = "Mozilla/5.0 (Linux; Android {}) AppleWebKit/537.36 (KHTML, like Gecko) "
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
_CHROME = "Chrome/138.0.0.0 Mobile Safari/537.36"

BOTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like "
    "Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html)",
    "Googlebot-Image/1.0",
    "AdsBot-Google (+http://www.google.com/adsbot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) BingPreview/1.0b",
    "Mozilla/5.0 (compatible; coccocbot-web/1.0; +http://help.coccoc.com/searchengine)",
    "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
    "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 "
    "(compatible; Bytespider; spider-feedback@bytedance.com)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
    "Twitterbot/1.0",
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.23.20.0 A",
    "WhatsApp/2.2336.9 N",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (Windows NT 6.1) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
    "Mozilla/5.0 (compatible; ZaloPC-win32; ZaloBot/1.0; link preview)",
    "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/138.0.0.0 Safari/537.36",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "Python-urllib/3.11",
    "Python/3.11 aiohttp/3.14.0",
    "Go-http-client/2.0",
)
FEEDS = (
    _IPHONE + "Mobile/15E148 [FBAN/FBIOS;FBAV/520.0.0.38;FBLC/vi_VN]",
    _ANDROID.format("14") + _CHROME + " [FB_IAB/FB4A;FBAV/520.0.0.1;]",
    _IPHONE + "Mobile/15E148 Instagram 330.0.0.40.92 (iPhone14,5; iOS 18_5; vi_VN)",
    _ANDROID.format("14") + _CHROME + " trill_400 BytedanceWebview/d8a21c6",
    _ANDROID.format("13") + _CHROME + " musical_ly_2023 AppName/musical_ly",
)
CHATS = (
    _IPHONE + "Mobile/15E148 Zalo iOS/640 ZaloTheme/light ZaloLanguage/vn",
    _ANDROID.format("14") + "Version/4.0 " + _CHROME + " Zalo android/12100",
    _IPHONE + "Mobile/15E148 [FBAN/MessengerForiOS;FBAV/520.0.0.38]",
    _ANDROID.format("14") + _CHROME + " [FB_IAB/Orca-Android;FBAV/520.0]",
    _IPHONE + "Mobile/15E148 MicroMessenger/8.0.50(0x1800323d) NetType/WIFI",
    _IPHONE + "Safari Line/14.5.0",
    _ANDROID.format("14") + _CHROME + " Telegram-Android/11.4.2 (Samsung SM-A546E)",
    _ANDROID.format("14") + _CHROME + " KAKAOTALK/10.8.3",
)
PHONES = (
    _IPHONE + "Version/18.5 Mobile/15E148 Safari/604.1",
    _ANDROID.format("14; SM-A546E") + _CHROME,
    _ANDROID.format("10; CUBOT NOTE 20") + _CHROME,
    _ANDROID.format("9; CUBOT_X19") + _CHROME,
    _ANDROID.format("8.1.0; CUBOT J3 Build/O11019") + _CHROME,
    _ANDROID.format("12; KINGKONG 7 Build/CUBOT") + _CHROME,
    "Veritem/1.0 (Android 14)",
)
DESKTOPS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.5 Safari/605",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((header, AgentClass.BOT) for header in BOTS),
        *((header, AgentClass.IN_FEED) for header in FEEDS),
        *((header, AgentClass.IN_APP) for header in CHATS),
        *((header, AgentClass.PHONE) for header in PHONES),
        *((header, AgentClass.DESKTOP) for header in DESKTOPS),
        ("", AgentClass.NONE),
        ("Offline/1", AgentClass.OTHER),
    ],
)
def test_real_user_agents_are_classified(header: str, expected: AgentClass) -> None:
    assert classify_user_agent(header) is expected
    assert classify_user_agent(header.lower()) is expected
    assert AgentClassifier().classify(header) is expected


def test_only_the_browsers_of_chats_and_feeds_come_by_link() -> None:
    by_link = {agent_class for agent_class in AgentClass if came_by_link(agent_class)}
    assert by_link == {AgentClass.IN_FEED, AgentClass.IN_APP}


def test_a_stored_class_is_read_back_and_an_unknown_one_is_other() -> None:
    assert [parse_agent_class(one.value) for one in AgentClass] == list(AgentClass)
    assert parse_agent_class(None) is AgentClass.NONE
    assert parse_agent_class("android-chrome") is AgentClass.OTHER


def test_the_cache_of_a_classifier_is_bounded() -> None:
    classifier = AgentClassifier(size=2)
    for number in range(5):
        classifier.classify(f"client {number}")
    assert len(classifier) == 1  # emptied twice
