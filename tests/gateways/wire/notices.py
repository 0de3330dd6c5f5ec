"""What PHP prints around an answer."""

HTML_NOTICE = (
    '<br />\n<b>Warning</b>:  Undefined array key "tel" in <b>/var/www/api.php</b> on '
    "line <b>12</b><br />\n"
)
PLAIN_NOTICE = "\nNotice: Undefined index: error in /var/www/api.php on line 3\n"
LOGGED_NOTICE = "PHP Deprecated:  strlen(): invalid in /a.php on line 41\n"
NOTICES = (HTML_NOTICE, PLAIN_NOTICE, LOGGED_NOTICE)
